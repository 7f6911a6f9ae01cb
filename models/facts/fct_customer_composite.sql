-- Grain: one row per customer of the last review: points from 1 to 5 for assessment, length, closeness and value of the cooperation,
-- their mean by the weights of composite_weights, and how much of it rests on what is known.
{% set weights = weight_rows('composite_weights') %}

with pointed as (
    select
        metrics.*,
        {{ points_of(weights, 1, 5) }}
    from {{ ref('fct_current_metrics') }} as metrics
),

scored as (
    select
        *,
        {%- for component in ['assessment', 'tenure', 'closeness', 'value'] %}
        {{ mean_points(weights | selectattr('component', 'equalto', component) | list) }} as {{ component }}_points,
        {%- endfor %}
        {{ mean_points(weights) }} as composite_score,
        {{ known_share(weights) }} as composite_coverage
    from pointed
)

select
    customer_id,
    review_date as as_of_date,
    composite_score,
    composite_coverage,
    assessment_points,
    tenure_points,
    closeness_points,
    value_points,
    {{ highest_outcome_met('composite_classes', 'class', 'class_rank') }} as strategic_class
from scored
