-- Grain: one row per graded customer and review: the tier earned and the tier held, in ranks, before any override.
--   earned: the highest tier whose entry rule is met; keep: the higher of earned and the highest retain rule met
--   w: the highest keep of this review and the tier_grace_reviews before it
--   held: earned, or what w leaves of the held tier of the review before, but never more than one tier less (soft landing)
{{ config(materialized=review_table(), incremental_strategy='append', pre_hook="{{ forget_reviews(this.identifier) }}") }}

{% set metrics = rule_rows('tier_rules') | map(attribute='metric') | list %}

with reviews_to_make as (
    select reviews.review_date
    from {{ ref('int_reviews') }} as reviews
    cross join {{ ref('int_recompute') }} as recompute
    where reviews.review_date >= recompute.recompute_from
),

ranked as (
    select
        scored.customer_id,
        scored.review_date,
        {{ highest_tier_met('entry') }} as earned_rank,
        {{ highest_tier_met('retain') }} as retained_rank,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        scored.profit_score,
        scored.monetary,
        scored.net_profit
    from {{ with_metrics(ref('fct_scored_reviews'), metrics, 'reviews_to_make') }} as scored
    cross join {{ ref('int_recompute') }} as recompute
    where scored.review_date >= recompute.recompute_from
),

kept as (
    select
        ranked.*,
        reviews.review_number,
        cast(greatest(ranked.earned_rank, ranked.retained_rank) as int) as keep_rank
    from ranked
    inner join {{ ref('int_reviews') }} as reviews on ranked.review_date = reviews.review_date
),

known_or_not as (
    select customer_id, review_number, earned_rank, keep_rank, cast(null as int) as held_rank
    from kept
    {%- if is_incremental() %}

    union all

    {{ reviews_with_a_say() }}
    {%- endif %}
),

followed as (
    select customer_id, max(review_number) as last_review_number, {{ followed_tiers(in_order(tier_state())) }} as ranks -- noqa: PRS
    from known_or_not
    group by customer_id
),

-- place: where a review stands in the text, the newest at 1; the review before is 2 further on
placed as (
    select
        kept.*,
        followed.ranks,
        2 * (followed.last_review_number - kept.review_number) + 1 as place
    from kept
    inner join followed on kept.customer_id = followed.customer_id
),

held as (
    select
        placed.*,
        {{ rank_of_code(code_at('ranks', 'place')) }} as held_rank,
        nullif({{ rank_of_code(code_at('ranks', 'place + 2')) }}, -1) as previous_held_rank,
        {{ rank_of_code(grace_code(rank_code('keep_rank'), 'ranks', 'place + 2')) }} as grace_rank
    from placed
)

select
    customer_id,
    review_date,
    recency_score,
    frequency_score,
    monetary_score,
    profit_score,
    earned_rank,
    keep_rank,
    held_rank,
    previous_held_rank,
    case
        when held_rank = earned_rank then 'earned'
        when held_rank = least(previous_held_rank, grace_rank) then 'grace'
        else 'soft_landing'
    end as held_source,
    monetary,
    net_profit
from held
