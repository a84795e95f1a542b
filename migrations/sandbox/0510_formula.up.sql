-- What the functions of formulas are made of. None of them fails, whatever it is given: it answers null instead, since one
-- bad row must not spoil a query. They are immutable, so PostgreSQL computes constants once.
create schema formula;

create function formula.clamped(n numeric, lowest integer, highest integer) returns integer
  language sql immutable parallel safe
  return case when n is null then null when n <= lowest then lowest when n >= highest then highest else trunc(n)::integer end;

create function formula.left_of(t text, n numeric) returns text
  language sql immutable parallel safe
  return left(coalesce(t, ''), formula.clamped(n, 0, 1000000));

create function formula.right_of(t text, n numeric) returns text
  language sql immutable parallel safe
  return right(coalesce(t, ''), formula.clamped(n, 0, 1000000));

create function formula.mid_of(t text, start numeric, n numeric) returns text
  language sql immutable parallel safe
  return substr(coalesce(t, ''), formula.clamped(start, 1, 1000000), formula.clamped(n, 0, 1000000));

create function formula.find_in(wanted text, t text, start numeric) returns numeric
  language plpgsql immutable parallel safe as $$
declare
  first integer := greatest(formula.clamped(start, 0, 1000000), 1);
  found integer;
begin
  if start is null or coalesce(wanted, '') = '' or coalesce(t, '') = '' then return 0; end if;
  found := strpos(substr(t, first), wanted);
  return case when found = 0 then 0 else found + first - 1 end;
end $$;

create function formula.padded(t text, n numeric, pad text, on_left boolean, longest integer) returns text
  language sql immutable parallel safe
  return case when coalesce(t, '') = '' or n is null then null
              when coalesce(pad, '') = '' then null
              when on_left then lpad(t, formula.clamped(n, 0, longest), pad)
              else rpad(t, formula.clamped(n, 0, longest), pad) end;

create function formula.is_number(t text) returns boolean
  language sql immutable parallel safe
  return coalesce(t, '') ~ '^\s*[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?\s*$';

create function formula.number_of(t text) returns numeric
  language plpgsql immutable parallel safe as $$
begin
  if formula.is_number(t) then return t::numeric; end if;
  return null;
end $$;

-- As a number is written: no zeros behind.
create function formula.text_of(n numeric) returns text
  language sql immutable parallel safe
  return trim_scale(n)::text;

-- What a field of a formula holds; more than 18 digits is #Too Big!
create function formula.result_of(n numeric) returns double precision
  language sql immutable parallel safe
  return case when abs(n) < 1e18 then n::double precision end;

create function formula.date_of(y numeric, m numeric, d numeric) returns date
  language plpgsql immutable parallel safe as $$
declare
  years integer := formula.clamped(y, 0, 10000);
  months integer := formula.clamped(m, 0, 13);
  days integer := formula.clamped(d, 0, 32);
begin
  if years is null or months is null or days is null then return null; end if;
  if years < 1 or years > 9999 or months < 1 or months > 12 or days < 1 then return null; end if;
  if days > extract(day from make_date(years, months, 1) + interval '1 month -1 day') then return null; end if;
  return make_date(years, months, days);
end $$;

create function formula.date_from(t text) returns date
  language plpgsql immutable parallel safe as $$
declare
  part text[] := regexp_match(t, '^\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*$');
begin
  return formula.date_of(part[1]::numeric, part[2]::numeric, part[3]::numeric);
end $$;

create function formula.time_from(t text) returns time(3)
  language plpgsql immutable parallel safe as $$
declare
  part text[] := regexp_match(t, '^\s*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,3}))?)?\s*$');
begin
  if part is null or part[1]::integer > 23 or part[2]::integer > 59 or coalesce(part[3], '0')::integer > 59 then return null; end if;
  return make_time(part[1]::integer, part[2]::integer, (coalesce(part[3], '0') || '.' || coalesce(part[4], '0'))::double precision);
end $$;

create function formula.datetime_from(t text) returns timestamptz
  language plpgsql immutable parallel safe as $$
declare
  part text[] := regexp_match(t, '^\s*(\d{4}-\d{1,2}-\d{1,2})(?:[ T](\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d{1,3})?)?))?\s*Z?\s*$');
begin
  return (formula.date_from(part[1]) + coalesce(formula.time_from(part[2]), case when part[2] is null then time '00:00' end)) at time zone 'UTC';
end $$;

create function formula.days_after(d date, n numeric) returns date
  language sql immutable parallel safe
  return case when abs(n) < 3000000 and d between date '0001-01-01' and date '9999-12-31' then d + trunc(n)::integer end;

create function formula.time_after(at timestamptz, n numeric) returns timestamptz
  language sql immutable parallel safe
  return case when abs(n) < 3000000 and at between '0001-01-01Z' and '9999-12-31Z'
              then date_trunc('second', at + make_interval(secs => (round(n * 86400))::double precision)) end;

create function formula.clock_after(at time, milliseconds numeric) returns time(3)
  language sql immutable parallel safe
  return case when abs(milliseconds) < 1e12 then at + make_interval(secs => (trunc(milliseconds) / 1000)::double precision) end;

create function formula.milliseconds_of(at time) returns numeric
  language sql immutable parallel safe
  return trunc(extract(epoch from at) * 1000);

-- The last day of a month stays the last day.
create function formula.months_after(d date, n numeric) returns date
  language sql immutable parallel safe
  return case when abs(n) < 100000 and d between date '0001-01-01' and date '9999-12-31' then
    case when extract(month from d + 1) <> extract(month from d)
         then (date_trunc('month', d::timestamp) + make_interval(months => trunc(n)::integer + 1) - interval '1 day')::date
         else (d::timestamp + make_interval(months => trunc(n)::integer))::date end end;

create function formula.months_after(at timestamptz, n numeric) returns timestamptz
  language sql immutable parallel safe
  return (formula.months_after((at at time zone 'UTC')::date, n) + (at at time zone 'UTC')::time) at time zone 'UTC';

create function formula.days_between(later timestamptz, earlier timestamptz) returns numeric
  language sql immutable parallel safe
  return (extract(epoch from later) - extract(epoch from earlier)) / 86400;

create function formula.power_of(base numeric, exponent numeric) returns numeric
  language plpgsql immutable parallel safe as $$
begin
  if base is null or exponent is null then return null; end if;
  if base = 0 then return case when exponent > 0 then 0 when exponent = 0 then 1 end; end if;
  if base < 0 and exponent <> trunc(exponent) then return null; end if;
  if abs(exponent * ln(abs(base))) > 200 then return null; end if;
  return base ^ exponent;
end $$;

create function formula.exp_of(n numeric) returns numeric
  language sql immutable parallel safe
  return case when n < -700 then 0 when n <= 700 then exp(n::numeric(40, 20)) end;

create function formula.ln_of(n numeric) returns numeric
  language sql immutable parallel safe
  return case when n > 0 then ln(n) end;

create function formula.log_of(n numeric) returns numeric
  language sql immutable parallel safe
  return case when n > 0 then log(n) end;

create function formula.sqrt_of(n numeric) returns numeric
  language sql immutable parallel safe
  return case when n >= 0 then sqrt(n) end;

create function formula.trig_of(name text, n numeric) returns numeric
  language sql immutable parallel safe
  return case when abs(n) > 1e15 then null
    else case name
      when 'SIN' then sin(n::double precision)
      when 'COS' then cos(n::double precision)
      when 'TAN' then tan(n::double precision)
      when 'ATAN' then atan(n::double precision)
      when 'ASIN' then case when abs(n) <= 1 then asin(n::double precision) end
      when 'ACOS' then case when abs(n) <= 1 then acos(n::double precision) end
    end end::numeric;

create function formula.round_to(n numeric, digits numeric) returns numeric
  language sql immutable parallel safe
  return round(n, formula.clamped(digits, -30, 30));

create function formula.trunc_to(n numeric, digits numeric) returns numeric
  language sql immutable parallel safe
  return trunc(n, formula.clamped(digits, -30, 30));

-- Away from zero, and towards it.
create function formula.ceiling_of(n numeric) returns numeric
  language sql immutable parallel safe
  return case when n < 0 then floor(n) else ceil(n) end;

-- The 18 characters of an id of 15; what is no id of 15 stays as it is.
create function formula.casesafe_id(t text) returns text
  language plpgsql immutable parallel safe as $$
declare
  answer text := t;
  bits integer;
begin
  if coalesce(t, '') !~ '^[0-9A-Za-z]{15}$' then return t; end if;
  for part in 0..2 loop
    bits := 0;
    for place in 0..4 loop
      if substr(t, part * 5 + place + 1, 1) between 'A' and 'Z' collate "C" then bits := bits + (1 << place); end if;
    end loop;
    answer := answer || substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', bits + 1, 1);
  end loop;
  return answer;
end $$;

create function formula.matches(t text, pattern text) returns boolean
  language plpgsql immutable parallel safe as $$
begin
  return coalesce(t, '') ~ ('^(?:' || pattern || ')$');
exception when others then
  return null;
end $$;

create function formula.letter_of(code numeric) returns text
  language sql immutable parallel safe
  return case when code between 1 and 55295 or code between 57344 and 65535 then chr(trunc(code)::integer) end;

create function formula.duration_of(seconds numeric, with_days boolean) returns text
  language sql immutable parallel safe
  return case when abs(seconds) < 1e12 then
    case when with_days then trunc(abs(seconds) / 86400)::text || ':' || lpad(trunc(mod(abs(seconds), 86400) / 3600)::text, 2, '0')
            else lpad(trunc(abs(seconds) / 3600)::text, greatest(2, length(trunc(abs(seconds) / 3600)::text)), '0') end
    || ':' || lpad(trunc(mod(abs(seconds), 3600) / 60)::text, 2, '0')
    || ':' || lpad(trunc(mod(abs(seconds), 60))::text, 2, '0') end;

create function formula.distance(latitude numeric, longitude numeric, other_latitude numeric, other_longitude numeric, radius numeric) returns numeric
  language sql immutable parallel safe
  return case when num_nulls(latitude, longitude, other_latitude, other_longitude) = 0 then (2 * radius::double precision * asin(least(1, sqrt(
    power(sin(radians((other_latitude - latitude)::double precision) / 2), 2)
    + cos(radians(latitude::double precision)) * cos(radians(other_latitude::double precision))
      * power(sin(radians((other_longitude - longitude)::double precision) / 2), 2)))))::numeric end;
