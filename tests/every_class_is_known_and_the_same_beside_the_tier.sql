-- Classes are those of class_rules, or A, B, C; customer_tier has one column for each shipped scheme, and it says the same.
{% set shipped = ['behaviour_class', 'rfm_segment', 'purchasing_power', 'purchase_frequency', 'loyalty', 'abc_class'] %}
with known as (
    select distinct scheme, class
    from {{ ref('class_rules') }}

    union all

    select 'abc_class' as scheme, 'A' as class
    union all
    select 'abc_class' as scheme, 'B' as class
    union all
    select 'abc_class' as scheme, 'C' as class
),

pivoted as (
    select
        {%- for scheme in shipped %}
        max(case when scheme = '{{ scheme }}' then class end) as {{ scheme }},
        {%- endfor %}
        customer_id
    from {{ ref('customer_classes') }}
    group by customer_id
)

select classes.customer_id, classes.scheme, 'unknown class, or not of the last review' as problem
from {{ ref('customer_classes') }} as classes
left join known on classes.scheme = known.scheme and classes.class = known.class
left join {{ ref('int_reviews') }} as reviews on classes.review_date = reviews.review_date
where known.class is null or not coalesce(reviews.is_last, false)

union all

select coalesce(tiers.customer_id, pivoted.customer_id) as customer_id, cast(null as string) as scheme, 'not what customer_tier shows' as problem
from {{ ref('customer_tier') }} as tiers
full outer join pivoted on tiers.customer_id = pivoted.customer_id
where
    tiers.customer_id is null
    {%- for scheme in shipped %}
    or tiers.{{ scheme }} is distinct from pivoted.{{ scheme }}
    {%- endfor %}
