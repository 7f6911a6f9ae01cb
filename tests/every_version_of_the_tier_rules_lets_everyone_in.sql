-- Each version needs an entry rule that consists of tenure_days >= 0 alone: nobody may be left without a tier.
with alternatives as (
    select
        valid_from,
        kind = 'entry' and count(*) = count(*) filter (
            where metric = 'tenure_days' and max_value is null and coalesce(try_cast(min_value as decimal(38, 10)) <= 0, min_value is null)
        ) as lets_everyone_in
    from {{ ref('tier_rules') }}
    group by valid_from, tier, kind, alternative
),

versions as (
    select valid_from, count(*) filter (where lets_everyone_in) as open_rules
    from alternatives
    group by valid_from

    union all

    -- no rule at all is a version that lets nobody in
    select null as valid_from, count(*) as open_rules
    from {{ ref('tier_rules') }}
)

select valid_from, 'no entry rule of this version is met by everyone' as problem
from versions
where open_rules = 0
