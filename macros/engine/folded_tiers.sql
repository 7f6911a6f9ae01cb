{#
    Follows each customer's tier through their reviews. From a relation of (customer_id, states), states being what
    tier_state packs, in order of time, gives one row per customer:
        customer_id,
        first_review_number: the number of the review the arrays begin with,
        grace_ranks: w, the highest keep of each review and the tier_grace_reviews before it,
        held_ranks: greatest(earned, least(held before, w), held before - 1), or what is known already.
    A fold, because each review needs the one before.
#}
{% macro folded_tiers(relation) %}{{ return(adapter.dispatch('folded_tiers')(relation)) }}{% endmacro %}

{#
    A review as one whole number that sorts by time: its number, then two digits each of earned rank, keep rank and
    what is known of the held tier (held rank + 1; 0: nothing yet).
#}
{% macro tier_state() -%}
    ((cast(review_number as bigint) * 100 + earned_rank) * 100 + keep_rank) * 100 + coalesce(held_rank + 1, 0)
{%- endmacro %}

{% macro default__folded_tiers(relation) %}
    select
        customer_id,
        first_review_number,
        list_transform(steps, lambda step: step[2]) as grace_ranks,
        list_reduce(
            steps,
            lambda held, step: list_append(held, case
                when step[3] > 0 then step[3] - cast(1 as tinyint)
                else greatest(step[1], least(held[-1], step[2]){{ ', held[-1] - cast(1 as tinyint)' if var('tier_soft_landing') }})
            end),
            [case when steps[1][3] > 0 then steps[1][3] - cast(1 as tinyint) else steps[1][1] end]
        )[2:] as held_ranks
    from (
        select
            customer_id,
            states[1] // 1000000 as first_review_number,
            list_transform(states, lambda state, place: [
                cast(state // 10000 % 100 as tinyint),
                cast(greatest(
                    state // 100 % 100
                    {%- for back in range(1, var('tier_grace_reviews') + 1) %}, case when place > {{ back }} then states[place - {{ back }}] // 100 % 100 end{% endfor %}
                ) as tinyint),
                cast(state % 100 as tinyint)
            ]) as steps
        from {{ relation }}
    ) as customers
{% endmacro %}

{% macro spark__folded_tiers(relation) %}
    select
        customer_id,
        first_review_number,
        transform(steps, step -> step.w) as grace_ranks,
        slice(aggregate(
            steps,
            array(if(steps[0].known > 0, steps[0].known - 1, steps[0].earned)),
            (held, step) -> concat(held, array(case
                when step.known > 0 then step.known - 1
                else greatest(step.earned, least(element_at(held, -1), step.w){{ ', element_at(held, -1) - 1' if var('tier_soft_landing') }})
            end))
        ), 2, size(steps)) as held_ranks
    from (
        select
            customer_id,
            states[0] div 1000000 as first_review_number,
            transform(states, (state, place) -> struct(
                state div 10000 % 100 as earned,
                greatest(
                    state div 100 % 100
                    {%- for back in range(1, var('tier_grace_reviews') + 1) %}, get(states, place - {{ back }}) div 100 % 100{% endfor %}
                    {{- ', cast(null as bigint)' if not var('tier_grace_reviews') }}
                ) as w,
                state % 100 as known
            )) as steps
        from {{ relation }}
    ) as customers
{% endmacro %}
