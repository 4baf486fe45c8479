//! WINDOW and OVER (parse_clause.c, transformWindowDefinitions).

use super::cte::Outputs;
use super::place::Place;
use super::scope::Window;
use super::statement::Analyzer;
use crate::syntax::ast::{Node, NodeEnum, WindowDef};

/// Bits of `frameOptions` (parsenodes.h).
const RANGE: i32 = 0x2;
const ROWS: i32 = 0x4;
const GROUPS: i32 = 0x8;
const OFFSETS: i32 = 0x800 | 0x1000 | 0x2000 | 0x4000;
/// RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW, which holds where nothing is said.
const DEFAULTS: i32 = 0x2 | 0x20 | 0x400;

impl Analyzer<'_> {
    /// The windows that a WINDOW clause names, each with what it has of those before it.
    pub(super) fn named_windows(nodes: &[Node]) -> Vec<Window> {
        let mut windows: Vec<Window> = Vec::new();
        for window in definitions(nodes) {
            let copied = windows.iter().find(|other| *other.name == *window.refname);
            let orders = match window.order_clause.len() {
                0 => copied.map_or(0, |copied| copied.orders),
                own => own,
            };
            windows.push(Window {
                name: window.name.as_str().into(),
                orders,
                has_frame: window.frame_options != DEFAULTS,
            });
        }
        windows
    }

    /// WINDOW's definitions.
    pub(super) fn windows(&mut self, nodes: &[Node]) {
        let known = Self::named_windows(nodes);
        for (n, window) in definitions(nodes).enumerate() {
            if known[..n].iter().any(|other| *other.name == *window.name) {
                let message = format!("window \"{}\" is already defined", window.name);
                self.report_at(window.location, "42P20", message);
            }
            self.window(window, &known[..n]);
        }
    }

    /// OVER: a window's name, or a definition that may build on one.
    pub(super) fn over(&mut self, over: &WindowDef) {
        let known = self.scope().windows.clone();
        if over.name.is_empty() {
            self.window(over, &known);
        } else if !known.iter().any(|window| *window.name == *over.name) {
            self.report_at(over.location, "42704", format!("window \"{}\" does not exist", over.name));
        }
    }

    fn window(&mut self, window: &WindowDef, known: &[Window]) {
        let at = window.location;
        let copied = known.iter().find(|other| *other.name == *window.refname);
        if copied.is_none() && !window.refname.is_empty() {
            self.report_at(at, "42704", format!("window \"{}\" does not exist", window.refname));
        }
        let before = self.enter_place(Place::WINDOW);
        for node in &window.order_clause {
            let Some(NodeEnum::SortBy(sort)) = &node.node else { continue };
            if let Some(value) = self.expr_option(&sort.node) {
                self.must_be_collated(&value);
                self.sorts_by(sort, "ORDER BY", &Outputs::default());
            }
        }
        for node in &window.partition_clause {
            let value = self.expr(node);
            self.must_be_collated(&value);
        }
        if let Some(copied) = copied {
            self.copy(window, copied);
        }
        let orders = match window.order_clause.len() {
            0 => copied.map_or(0, |copied| copied.orders),
            own => own,
        };
        let options = window.frame_options;
        if options & RANGE != 0 && options & OFFSETS != 0 && orders != 1 {
            let message = "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column";
            self.report_at(at, "42P20", message);
        }
        if options & GROUPS != 0 && orders == 0 {
            self.report_at(at, "42P20", "GROUPS mode requires an ORDER BY clause");
        }
        for offset in [&window.start_offset, &window.end_offset].into_iter().flatten() {
            self.frame_offset(offset, options);
        }
        self.leave_place(before);
    }

    /// What a window that builds on another may say anew.
    fn copy(&mut self, window: &WindowDef, copied: &Window) {
        let (at, name) = (window.location, &copied.name);
        if !window.partition_clause.is_empty() {
            let message = format!("cannot override PARTITION BY clause of window \"{name}\"");
            self.report_at(at, "42P20", message);
        } else if !window.order_clause.is_empty() && copied.orders > 0 {
            let message = format!("cannot override ORDER BY clause of window \"{name}\"");
            self.report_at(at, "42P20", message);
        } else if copied.has_frame {
            let is_only_a_name =
                window.name.is_empty() && window.order_clause.is_empty() && window.frame_options == DEFAULTS;
            let message = format!("cannot copy window \"{name}\" because it has a frame clause");
            let hint = is_only_a_name.then_some("Omit the parentheses in this OVER clause.");
            self.report_hinting(at, "42P20", message, hint);
        }
    }

    /// How far a frame reaches (transformFrameOffset).
    fn frame_offset(&mut self, offset: &Node, options: i32) {
        let words = match options {
            options if options & ROWS != 0 => "ROWS",
            options if options & GROUPS != 0 => "GROUPS",
            _ => "RANGE",
        };
        let outer = self.enter_arguments();
        let value = self.expr(offset);
        let reads = self.leave_arguments(outer).reads(self.scopes.len().saturating_sub(1));
        if words != "RANGE" {
            self.be_of_type(&value, "int8", words);
        }
        if reads {
            let message = format!("argument of {words} must not contain variables");
            self.report_at(value.location, "42P10", message);
        }
    }
}

/// The definitions of a WINDOW clause.
fn definitions(nodes: &[Node]) -> impl Iterator<Item = &WindowDef> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::WindowDef(window)) => Some(&**window),
        _ => None,
    })
}
