-- Grain: one row per customer of the last review: one sentence, in English and in Chinese, that says why they have their tier.
{{ config(materialized='view') }}

{% set ways = tier_ways() %}

with deciding_reviews as (
    select distinct tier_review_date as review_date
    from {{ ref('fct_current_tiers') }}
),

reviewed as (
    select
        scored.*,
        tiers.is_provisional,
        tiers.tier_source,
        tiers.earned_rank,
        tiers.keep_rank,
        tiers.held_rank,
        tiers.previous_held_rank,
        tiers.override_reason,
        cast(tiers.overridden_until as string) as overridden_until,
        cast(tiers.kept_on as string) as kept_on,
        cast(tiers.tier_review_date as string) as decided_on,
        {{ rules_version(ways, 'scored.review_date') }} as rules_version
    from {{ ref('fct_current_tiers') }} as tiers
    inner join {{ with_metrics(ref('fct_scored_reviews'), metrics_of(ways), 'deciding_reviews') }} as scored
        on tiers.customer_id = scored.customer_id and tiers.tier_review_date = scored.review_date
    -- says no more than the join, but other reviews are then not read
    where scored.review_date in (select deciding.review_date from deciding_reviews as deciding)
),

-- the rule that speaks for the tier; one that only grace or a soft landing leaves has none
justified as (
    select
        *,
        case
            when tier_source = 'earned' then {{ first_way_met(ways, 'entry', 'held_rank') }}
            when tier_source = 'grace' and keep_rank >= held_rank then {{ first_way_met(ways, 'retain', 'keep_rank') }}
        end as way_number
    from reviewed
),

worded as (
    select
        *,
        case way_number
            {%- for way in ways %}
            when {{ way.number }} then {{ way_in_words(way, 'en') }}
            {%- else %}
            when 0 then ''
            {%- endfor %}
        end as way_en,
        case way_number
            {%- for way in ways %}
            when {{ way.number }} then {{ way_in_words(way, 'zh') }}
            {%- else %}
            when 0 then ''
            {%- endfor %}
        end as way_zh
    from justified
)

select
    customer_id,
    case
        when tier_source = 'override' then 'Granted by hand ' || coalesce('until ' || overridden_until, 'without an end') || ': ' || override_reason
        when way_number is not null then way_en
        when tier_source = 'grace' then 'Kept by grace: the review of ' || kept_on || ' still met the tier, the review of ' || decided_on || ' did not.'
        else 'Soft landing, one tier below ' || {{ tier_name('previous_held_rank', 'label_en') }} || ': the review of ' || decided_on || ' earned only ' || {{ tier_name('earned_rank', 'label_en') }} || '.'
    end as reason_en,
    case
        when tier_source = 'override' then '人工指定，' || coalesce('有效至 ' || overridden_until, '长期有效') || '：' || override_reason
        when way_number is not null then way_zh
        when tier_source = 'grace' then '宽限期内保留：' || kept_on || ' 评审仍满足该等级，' || decided_on || ' 评审不满足。'
        else '软着陆，比' || {{ tier_name('previous_held_rank', 'label_zh') }} || '低一级：' || decided_on || ' 评审仅达到' || {{ tier_name('earned_rank', 'label_zh') }} || '。'
    end as reason_zh
from worded
