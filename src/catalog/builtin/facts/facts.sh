#!/bin/sh
# Writes the facts about pg_catalog beside this file, from the server that psql's usual settings name.
set -eu
cd "$(dirname "$0")"
q() { psql -X -A -t -F '	' -v ON_ERROR_STOP=1 -c "$1" > "$2"; }

q "select t.typname, t.typcategory, case when t.typispreferred then 't' else '' end, t.typtype, coalesce(r.rngsubtype::regtype::text, '')
     from pg_type t left join pg_range r on r.rngtypid = t.oid
    where t.typnamespace = 'pg_catalog'::regnamespace and t.typrelid = 0 and t.typname !~ '^_'
    order by 1" types.tsv
q "select o.oprname, coalesce(l.typname, ''), r.typname, s.typname
     from pg_operator o left join pg_type l on l.oid = o.oprleft join pg_type r on r.oid = o.oprright
     join pg_type s on s.oid = o.oprresult
    where o.oprnamespace = 'pg_catalog'::regnamespace order by 1, 2, 3" operators.tsv
q "select p.proname, p.prokind,
          (select coalesce(string_agg(t.typname, ' ' order by n), '') from unnest(p.proargtypes) with ordinality a(o, n) join pg_type t on t.oid = a.o),
          r.typname, case when p.proretset then 't' else '' end, p.pronargdefaults,
          case when p.provariadic <> 0 then 't' else '' end, p.provolatile
     from pg_proc p join pg_type r on r.oid = p.prorettype
    where p.pronamespace = 'pg_catalog'::regnamespace order by 1, 2, 3" functions.tsv
q "select p.proname, p.pronargs, string_agg(p.proargnames[n] || ' ' || t.typname, ',' order by n)
     from pg_proc p, unnest(p.proallargtypes, p.proargmodes) with ordinality a(ty, mode, n) join pg_type t on t.oid = a.ty
    where p.pronamespace = 'pg_catalog'::regnamespace and a.mode in ('o', 'b', 't') and p.proargnames is not null
      and p.prokind = 'f' and p.proretset
    group by p.oid, p.proname, p.pronargs having count(*) > 1 order by 1, 2, 3" outputs.tsv
q "select s.typname, t.typname, c.castcontext, c.castmethod
     from pg_cast c join pg_type s on s.oid = c.castsource join pg_type t on t.oid = c.casttarget
    where c.oid < 16384 order by 1, 2" casts.tsv
q "select a.amname, c.opcname, t.typname, case when c.opcdefault then 't' else '' end
     from pg_opclass c join pg_am a on a.oid = c.opcmethod join pg_type t on t.oid = c.opcintype
    where c.oid < 16384 order by 1, 2" opclasses.tsv
q "select n.nspname, c.relname, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'v') order by 1, 2" relations.tsv

# What each extension that the server can install creates besides functions and operators: relations and types.
# It takes a database for each; lines of servers of other versions stay.
extensions=$(psql -X -A -t -c "select name from pg_available_extensions where name <> 'plpgsql' order by 1")
for extension in $extensions; do
    psql -X -q -c "create database pgwright_facts"
    if psql -X -q -d pgwright_facts -c "create extension \"$extension\" cascade" 2>/dev/null; then
        psql -X -A -t -F '	' -d pgwright_facts -c "
            select '$extension', case c.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end, c.relname
              from pg_depend d join pg_extension e on e.oid = d.refobjid join pg_class c on c.oid = d.objid
             where d.deptype = 'e' and d.classid = 'pg_class'::regclass and c.relkind <> 'c' and e.extname = '$extension'
            union all
            select '$extension', 'type', t.typname
              from pg_depend d join pg_extension e on e.oid = d.refobjid join pg_type t on t.oid = d.objid
             where d.deptype = 'e' and d.classid = 'pg_type'::regclass and t.typname !~ '^_' and e.extname = '$extension'
               and not exists (select from pg_class c where c.oid = t.typrelid and c.relkind <> 'c')
            union all select '$extension', 'extension', ''"
    fi
    psql -X -q -c "drop database pgwright_facts"
done | cat - extensions.tsv | LC_ALL=C sort -u > extensions.new
mv extensions.new extensions.tsv
