/** The tables of a log and its store, and the function that appends; `p` begins their names. */

/** Makes what is not there yet; one process at a time. A log made anew starts at the present time in microseconds. */
export const schema = (p: string): string => `
select pg_advisory_xact_lock(hashtext('${p}'));
create table if not exists ${p}_log (
  position bigint primary key,
  channels text[] not null,
  message bytea not null,
  bytes_before bigint not null,
  at timestamptz not null
);
create table if not exists ${p}_log_channels (channel text, position bigint, primary key (channel, position));
create table if not exists ${p}_log_senders (sender text primary key, number bigint not null, at timestamptz not null);
create table if not exists ${p}_log_state (
  single boolean primary key check (single),
  head bigint not null,
  floor bigint not null,
  bytes bigint not null
);
insert into ${p}_log_state
  select true, now, now, 0 from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as now) as t
  on conflict do nothing;
create table if not exists ${p}_records (
  key text primary key,
  owner text not null,
  value bytea not null,
  until timestamptz not null
);
create index if not exists ${p}_records_until on ${p}_records (until);
create or replace function ${p}_append(
  by text, batch bigint, entries jsonb, max_age bigint, max_entries bigint, max_bytes bigint
) returns void language plpgsql as $$
declare
  state ${p}_log_state;
  entry jsonb;
  oldest record;
  name text;
  names text[];
  raw bytea;
  cutoff bigint;
  moment timestamptz;
begin
  -- The row stays locked until the transaction is committed: positions come in the order of commits.
  select * into state from ${p}_log_state for update;
  moment := clock_timestamp();
  insert into ${p}_log_senders as s values (by, batch, moment)
    on conflict (sender) do update set number = excluded.number, at = excluded.at where s.number < excluded.number;
  if not found then return; end if;
  for entry in select * from jsonb_array_elements(entries) loop
    state.head := state.head + 1;
    raw := decode(entry->>'m', 'base64');
    names := array(select distinct jsonb_array_elements_text(entry->'c'));
    insert into ${p}_log values (state.head, names, raw, state.bytes, moment);
    state.bytes := state.bytes + octet_length(raw);
    foreach name in array names loop
      insert into ${p}_log_channels values (name, state.head);
      for part in 0 .. greatest(octet_length(raw) - 1, 0) / 5925 loop
        perform pg_notify(name, state.head || '/' || part
          || case when (part + 1) * 5925 < octet_length(raw) then '+' else '.' end
          || translate(encode(substring(raw from part * 5925 + 1 for 5925), 'base64'), E'\\n', ''));
      end loop;
    end loop;
  end loop;
  for oldest in select position, bytes_before, at from ${p}_log order by position loop
    exit when oldest.position > state.head - max_entries
      and state.bytes - oldest.bytes_before <= max_bytes
      and oldest.at > moment - max_age * interval '1 millisecond';
    cutoff := oldest.position;
  end loop;
  if cutoff is not null then
    delete from ${p}_log_channels c
      using (select unnest(channels) as channel, position from ${p}_log where position <= cutoff) as gone
      where c.channel = gone.channel and c.position = gone.position;
    delete from ${p}_log where position <= cutoff;
    state.floor := cutoff;
    delete from ${p}_log_senders where at <= moment - max_age * interval '1 millisecond' and random() < 0.1;
  end if;
  update ${p}_log_state set head = state.head, floor = state.floor, bytes = state.bytes;
end $$`;
