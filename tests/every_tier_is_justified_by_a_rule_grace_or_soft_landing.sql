-- The rules as rows joined to the metrics, not as the SQL the models make of them: the earned tier has an entry rule that is met and no higher one has,
-- likewise what is kept, and held follows from these and the reviews before; names go with ranks, and what a row calls previous is what the review
-- before it led to. Joining is dear, so 1,000 customers, chosen by their hash, are held to it.
{% set metrics = rule_rows('tier_rules') | map(attribute='metric') | list %}
with chosen as (
    select customer_id, {{ row_hash(['customer_id']) }} as hash_of_id
    from {{ ref('int_customers') }}
    order by hash_of_id
    limit 1000
),

reviews_made as (
    select reviews.review_date
    from {{ ref('int_reviews') }} as reviews
    cross join {{ ref('int_recompute') }} as recompute
    where reviews.review_date >= recompute.recompute_from
),

facts as (
    select facts.*
    from {{ with_metrics(ref('fct_customer_reviews'), metrics, 'reviews_made', customers='chosen') }} as facts
    inner join chosen on facts.customer_id = chosen.customer_id
    where facts.review_date >= (select recompute.recompute_from from {{ ref('int_recompute') }} as recompute)
),

tiers as (
    select tiers.*
    from {{ ref('fct_tier_reviews') }} as tiers
    -- the chosen; a join with them would take twice as long
    where {{ row_hash(['tiers.customer_id']) }} <= (select max(chosen.hash_of_id) from chosen)
),

scored as (
    select
        facts.*,
        tiers.recency_score,
        tiers.frequency_score,
        tiers.monetary_score,
        tiers.profit_score
    from facts
    left join tiers on facts.customer_id = tiers.customer_id and facts.review_date = tiers.review_date
),

versions as (
    select
        valid_from,
        case when row_number() over (order by valid_from) = 1 then date '0001-01-01' else cast(valid_from as date) end as in_force_from,
        coalesce(cast(lead(valid_from) over (order by valid_from) as date), date '9999-12-31') as in_force_until
    from (select distinct valid_from from {{ ref('tier_rules') }}) as all_versions
),

conditions as (
    select
        versions.in_force_from,
        versions.in_force_until,
        rules.kind,
        cast(tiers.tier_rank as int) as tier_rank,
        coalesce(rules.alternative, '') as alternative,
        rules.metric,
        cast(rules.min_value as decimal(28, 10)) as min_value,
        cast(rules.max_value as decimal(28, 10)) as max_value
    from {{ ref('tier_rules') }} as rules
    inner join versions on rules.valid_from = versions.valid_from
    inner join {{ ref('tiers') }} as tiers on rules.tier = tiers.tier
),

met as (
    {{ alternatives_met(
        'tier_rules',
        ['customer_id', 'review_date', 'kind', 'tier_rank', 'alternative'],
        in_force='scored.review_date >= conditions.in_force_from and scored.review_date < conditions.in_force_until'
    ) }}
),

by_rule as (
    select
        scored.customer_id,
        scored.review_date,
        max(case when met.kind = 'entry' then met.tier_rank end) as earned_rank,
        max(met.tier_rank) as keep_rank
    from scored
    left join met on scored.customer_id = met.customer_id and scored.review_date = met.review_date
    group by scored.customer_id, scored.review_date
),

followed as (
    select
        tiers.*,
        lag(tiers.held_rank) over (partition by tiers.customer_id order by tiers.review_date) as held_before,
        lag(tiers.tier_rank) over (partition by tiers.customer_id order by tiers.review_date) as led_to_before,
        max(tiers.keep_rank) over (
            partition by tiers.customer_id
            order by tiers.review_date
            rows between {{ var('tier_grace_reviews') }} preceding and current row
        ) as best_kept
    from tiers
)

select
    by_rule.customer_id,
    by_rule.review_date,
    by_rule.earned_rank as earned_by_rule,
    by_rule.keep_rank as kept_by_rule,
    followed.earned_rank,
    followed.keep_rank,
    followed.held_rank,
    followed.held_source
from by_rule
left join followed on by_rule.customer_id = followed.customer_id and by_rule.review_date = followed.review_date
left join {{ ref('tiers') }} as earned on followed.earned_rank = cast(earned.tier_rank as int)
left join {{ ref('tiers') }} as held on followed.held_rank = cast(held.tier_rank as int)
left join {{ ref('tiers') }} as led_to on followed.tier_rank = cast(led_to.tier_rank as int)
where not coalesce(
    earned.tier = followed.earned_tier
    and held.tier = followed.held_tier
    and led_to.tier = followed.tier
    and followed.previous_held_rank is not distinct from followed.held_before
    and followed.previous_tier_rank is not distinct from followed.led_to_before
    and (followed.tier_source = 'override' or (followed.tier_source = followed.held_source and followed.tier_rank = followed.held_rank))
    and by_rule.earned_rank = followed.earned_rank
    and by_rule.keep_rank = followed.keep_rank
    and case
        when followed.held_rank = followed.earned_rank
            then followed.held_source = 'earned' and followed.held_rank >= least(coalesce(followed.held_before, 0), followed.best_kept)
        when followed.held_rank = least(followed.held_before, followed.best_kept) then followed.held_source = 'grace'
        else followed.held_source = 'soft_landing' and followed.held_rank > least(followed.held_before, followed.best_kept)
    end
    {%- if var('tier_soft_landing') %}
    and followed.held_rank >= coalesce(followed.held_before, 0) - 1
    {%- else %}
    and followed.held_source <> 'soft_landing'
    {%- endif %},
    false
)
