{#
    Follows each customer's held tier through their reviews. From a relation of (customer_id, states, start_rank), states
    being whole numbers in order of time that end in two digits each of earned rank, keep rank and w, gives one row per
    state: customer_id, review_state, previous_held_rank (null at the customer's first review), held_rank.
    held = greatest(earned, least(previous, w), previous - 1): a fold, because each review needs the one before.
#}
{% macro folded_tiers(relation) %}{{ return(adapter.dispatch('folded_tiers')(relation)) }}{% endmacro %}

{% macro default__folded_tiers(relation) %}
    select
        customer_id,
        unnest(states) as review_state,
        unnest(list_prepend(start_rank, held_ranks[2:-2])) as previous_held_rank,
        unnest(held_ranks[2:]) as held_rank
    from (
        select
            customer_id,
            states,
            start_rank,
            list_reduce(
                list_transform(states, lambda state: [state]),
                lambda held, state: list_append(held, greatest(
                    (state[1] // 10000) % 100,
                    least(held[-1], state[1] % 100)
                    {{- ', held[-1] - 1' if var('tier_soft_landing') }}
                )),
                [coalesce(start_rank, (states[1] // 10000) % 100)]
            ) as held_ranks
        from {{ relation }}
    ) as followed
{% endmacro %}

{% macro spark__folded_tiers(relation) %}
    select
        customer_id,
        inline(transform(states, (state, position) -> struct(
            state as review_state,
            if(position = 0, start_rank, held_ranks[position]) as previous_held_rank,
            held_ranks[position + 1] as held_rank
        )))
    from (
        select
            customer_id,
            states,
            start_rank,
            aggregate(
                states,
                array(coalesce(start_rank, (states[0] div 10000) % 100)),
                (held, state) -> concat(held, array(greatest(
                    (state div 10000) % 100,
                    least(element_at(held, -1), state % 100)
                    {{- ', element_at(held, -1) - 1' if var('tier_soft_landing') }}
                )))
            ) as held_ranks
        from {{ relation }}
    ) as followed
{% endmacro %}
