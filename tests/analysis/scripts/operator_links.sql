create operator === (leftarg = integer, rightarg = integer, procedure = int4eq, commutator = =);
create operator === (leftarg = integer, rightarg = integer, procedure = int4eq, negator = <>);
create operator === (leftarg = integer, rightarg = integer, procedure = int4eq, commutator = ===, negator = !==);
create operator ==== (leftarg = integer, rightarg = integer, procedure = int4eq, commutator = ===);
-- since 17
create operator ==== (leftarg = integer, rightarg = integer, procedure = int4eq, negator = ====);
create operator ==== (leftarg = integer, rightarg = bigint, procedure = int48eq, commutator = @@@@@);
create operator @@@@@ (leftarg = bigint, rightarg = integer, procedure = int84eq);
create operator @@@@@ (leftarg = bigint, rightarg = integer, procedure = int84eq, commutator = ====);
alter operator @@@@@ (bigint, integer) set (commutator = ====);
create operator #### (leftarg = integer, rightarg = bigint, procedure = int48eq);
alter operator #### (integer, bigint) set (commutator = @@@@@);
alter operator #### (integer, bigint) set (negator = ####);
alter operator #### (integer, bigint) set (negator = ====);
