//! Random histories of tables that inherit from each other, and of partitions: columns, checks and NOT NULL along them.

use super::histories::{Random, compare};

#[test]
fn random_kin_on_postgresql_13() {
    compare(13, 1..151, Random::kin);
}

#[test]
fn random_kin_on_postgresql_15() {
    compare(15, 1000..1151, Random::kin);
}

#[test]
fn random_kin_on_postgresql_18() {
    compare(18, 2000..2401, Random::kin);
}

const STATEMENTS: usize = 20;

impl Random {
    fn kin(&mut self, major: u32) -> Vec<String> {
        let mut history = vec![
            "CREATE TABLE a (x int NOT NULL, y int CHECK (y > 0))".to_owned(),
            "CREATE TABLE p (k int, v text) PARTITION BY LIST (k)".to_owned(),
            "CREATE TABLE r (k int, l date) PARTITION BY RANGE (k, l)".to_owned(),
            "CREATE TABLE h (k int) PARTITION BY HASH (k)".to_owned(),
        ];
        while history.len() < STATEMENTS {
            let statement = self.of_kin(major);
            history.push(statement);
        }
        history
    }

    fn kin_table(&mut self) -> &'static str {
        self.of(&["a", "b", "c", "d"])
    }

    fn kin_column(&mut self) -> &'static str {
        self.of(&["x", "y", "z"])
    }

    fn not_null(&mut self, major: u32) -> String {
        match self.below(if major < 18 { 2 } else { 4 }) {
            0 => String::new(),
            1 => " NOT NULL".to_owned(),
            2 => format!(" CONSTRAINT {} NOT NULL", self.of(&["nn", "a_x_not_null"])),
            _ => " NOT NULL NO INHERIT".to_owned(),
        }
    }

    fn check(&mut self) -> String {
        let rest = self.of(&["x > 0", "x > 0", "y > 0", "z > 1"]);
        let name = self.of(&["", "CONSTRAINT c1 ", "CONSTRAINT c2 "]);
        format!("{name}CHECK ({rest}){}", self.of(&["", "", "", " NO INHERIT"]))
    }

    fn create_kin(&mut self, major: u32) -> String {
        let mut parts = Vec::new();
        for name in ["x", "y", "z"] {
            if self.below(2) == 0 {
                let ty = self.of(&["int", "int", "int", "text"]);
                parts.push(format!("{name} {ty}{}", self.not_null(major)));
            }
        }
        if self.below(4) == 0 {
            parts.push(self.check());
        }
        if self.below(8) == 0 {
            parts.push(format!("PRIMARY KEY ({})", self.kin_column()));
        }
        if major >= 18 && self.below(6) == 0 {
            parts.push(format!("NOT NULL {}", self.kin_column()));
        }
        let parents = match self.below(4) {
            0 => String::new(),
            1 => format!(" INHERITS ({}, {})", self.kin_table(), self.kin_table()),
            _ => format!(" INHERITS ({})", self.kin_table()),
        };
        format!("CREATE TABLE {} ({}){parents}", self.kin_table(), parts.join(", "))
    }

    fn alter_kin(&mut self, major: u32) -> String {
        let (table, column, parent) = (self.kin_table(), self.kin_column(), self.kin_table());
        let action = match self.below(if major < 18 { 12 } else { 17 }) {
            0 => format!("INHERIT {parent}"),
            1 => format!("NO INHERIT {parent}"),
            2 => format!("ADD COLUMN {column} int{}", self.not_null(major)),
            3 => format!("DROP COLUMN {column}"),
            4 => format!("RENAME COLUMN {column} TO {}", self.kin_column()),
            5 => format!("ADD {}{}", self.check(), self.maybe(" NOT VALID")),
            6 => format!("DROP CONSTRAINT {}", self.of(&["c1", "c2", "a_y_check", "a_x_not_null"])),
            7 => format!("VALIDATE CONSTRAINT {}", self.of(&["c1", "c2"])),
            8 | 9 => format!("ALTER COLUMN {column} SET NOT NULL"),
            10 => format!("ALTER COLUMN {column} DROP NOT NULL"),
            11 => format!("RENAME CONSTRAINT {} TO c3", self.of(&["c1", "c2", "a_y_check"])),
            12 => format!("ADD CONSTRAINT n{} NOT NULL {column}", self.below(2)),
            13 => format!("ADD NOT NULL {column} NOT VALID"),
            14 => format!("ADD NOT NULL {column} NO INHERIT"),
            15 => format!("DROP CONSTRAINT {}", self.of(&["n0", "n1", "nn", "b_x_not_null"])),
            _ => format!("RENAME CONSTRAINT {} TO n2", self.of(&["n0", "n1", "a_x_not_null"])),
        };
        let only = if self.below(5) == 0 { "ONLY " } else { "" };
        format!("ALTER TABLE {only}{table} {action}")
    }

    /// A bound of the partitioned tables, now and then of another strategy than its table's.
    fn bound(&mut self) -> String {
        let mut end = || {
            let first = self.of(&["1", "2", "3", "MINVALUE", "MAXVALUE", "NULL"]);
            let second = self.of(&["'2024-01-01'", "'2024-02-01'", "MINVALUE", "MAXVALUE", "MAXVALUE"]);
            if self.below(12) == 0 { first.to_owned() } else { format!("{first}, {second}") }
        };
        let (lower, upper) = (end(), end());
        match self.below(10) {
            0 => "DEFAULT".to_owned(),
            1 | 2 => {
                format!("FOR VALUES IN ({}, {})", self.below(3), self.of(&["1", "2", "NULL", "true", "'3'"]))
            }
            3 | 4 => format!("FOR VALUES WITH (MODULUS {}, REMAINDER {})", self.below(7), self.below(4)),
            _ => format!("FOR VALUES FROM ({lower}) TO ({upper})"),
        }
    }

    fn of_kin(&mut self, major: u32) -> String {
        let part = self.of(&["p0", "p1"]);
        match self.below(26) {
            20..=25 => {
                let parent = self.of(&["r", "r", "r", "h", "h", "p", "a"]);
                let name = self.of(&["q0", "q1", "q2", "q3"]);
                format!("CREATE TABLE {name} PARTITION OF {parent} {}", self.bound())
            }
            0..=4 => self.create_kin(major),
            5..=13 => self.alter_kin(major),
            14 => format!("CREATE TABLE {part} PARTITION OF p FOR VALUES IN ({})", self.below(2)),
            15 => format!(
                "CREATE TABLE {part} ({}v text{})",
                self.of(&["k int, ", "k int NOT NULL, ", "k bigint, ", ""]),
                self.of(&["", " NOT NULL", ", CONSTRAINT c1 CHECK (k > 0)", ", w int"])
            ),
            16 => format!("ALTER TABLE p ATTACH PARTITION {part} FOR VALUES IN ({})", self.below(2)),
            17 => format!("ALTER TABLE p DETACH PARTITION {part}"),
            18 => format!(
                "ALTER TABLE {}{} {}",
                self.maybe("ONLY "),
                self.of(&["p", "p", "p0"]),
                self.of(&[
                    "ALTER k SET NOT NULL",
                    "ALTER v SET NOT NULL",
                    "ALTER v DROP NOT NULL",
                    "ADD CONSTRAINT c1 CHECK (k > 0)",
                    "DROP CONSTRAINT c1",
                    "ADD COLUMN w int NOT NULL",
                    "DROP COLUMN w",
                    "ADD PRIMARY KEY (k)",
                ])
            ),
            _ => format!("DROP TABLE {}", self.of(&["d", "c", "b", "p0"])),
        }
    }
}
