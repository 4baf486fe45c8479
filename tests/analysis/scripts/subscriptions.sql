create subscription s connection 'foo' publication p with (connect = false);
create subscription s connection 'dbname=x' publication p, q, p with (connect = false);
create subscription s connection 'dbname=''x y'' host = ''' publication p with (connect = false);
create subscription s connection 'dbname=x' publication p with (connect = false);
create subscription s connection 'dbname=x' publication p with (connect = false);
create subscription s2 connection 'dbname=x' publication p with (connect = false, copy_data = true);
create subscription s2 connection 'dbname=x' publication p with (connect = false, enabled = true);
create subscription s2 connection 'dbname=x' publication p with (connect = false, create_slot = true);
create subscription s2 connection 'dbname=x' publication p with (slot_name = none, enabled = true);
create subscription s2 connection 'dbname=x' publication p with (slot_name = none, enabled = false, create_slot = true);
create subscription s2 connection 'dbname=x' publication p with (slot_name = none);
create subscription s2 connection 'dbname=x' publication p with (slot_name = none, enabled = false);
create subscription s2 connection 'dbname=x' publication p with (slot_name = none, create_slot = false);
create subscription s2 connection 'dbname=x' publication p with (connect = false, foo = 1);
create subscription s2 connection 'dbname=x' publication p with (connect = false, binary = foo);
create subscription s2 connection 'dbname=x' publication p with (connect = false, streaming = foo);
create subscription s2 connection 'dbname=x' publication p with (connect = false, two_phase = foo);
create subscription s2 connection 'dbname=x' publication p with (connect = false, slot_name = 'A b');
create subscription s2 connection 'dbname=x' publication p with (connect = false, slot_name = '');
create subscription s2 connection 'dbname=x' publication p with (connect = false, slot_name);
create subscription s2 connection 'dbname=x' publication p with (connect = false, origin = foo);
create subscription s2 connection 'dbname=x' publication p with (connect = false, connect = false);
alter subscription s connection 'foobar';
alter subscription s set (create_slot = false);
alter subscription s set (slot_name = '');
alter subscription s set publication x, x with (refresh = false);
-- since 15
alter subscription s add publication p with (refresh = false);
-- since 15
alter subscription s add publication q, q with (refresh = false);
-- since 15
alter subscription s add publication q with (refresh = false);
-- since 15
alter subscription s drop publication p, q with (refresh = false);
-- since 15
alter subscription s drop publication z with (refresh = false);
-- since 15
alter subscription s drop publication p, p with (refresh = false);
alter subscription nope disable;
alter subscription s rename to s;
alter subscription s set (slot_name = none);
drop subscription s;
drop subscription s;
