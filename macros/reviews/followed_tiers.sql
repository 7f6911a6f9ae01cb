{#
    A customer's tier followed through their reviews: a text of two characters per review, the codes of its held and its keep rank,
    the newest review first.
        held = greatest(earned, least(held before, w), held before - 1)
    A fold, because each review needs the one before; in text, because an array is copied value by value whenever one is added.
    The text ends in as many reviews that never were as a review looks back, so that the oldest is no special case.
#}
{% macro followed_tiers(states) -%}
    {%- set earned, keep, held_before = '((value >> 8) & 255)', '(value & 255)', code_at('so_far', 1) -%}
    {%- set held -%}
        greatest({{ earned }}, least({{ held_before }}, {{ grace_code(keep, 'so_far', 1) }}){{ ', ' ~ held_before ~ ' - 1' if var('tier_soft_landing') }})
    {%- endset -%}
    {{ fold(states, "'" ~ '//' * reviews_looked_back() ~ "'", 'concat(chr(cast(' ~ held ~ ' as int)), chr(cast(' ~ keep ~ ' as int)), so_far)') }}
{%- endmacro %}

{#
    A review as one whole number that sorts by time: its number, then in eight bits each the codes of its earned and keep rank.
    A held rank that is known already goes in as earned and comes out as it was: with fewer reviews in sight w can only be lower, so
    neither least(held before, w) nor held before - 1 exceeds what was held.
#}
{% macro tier_state() -%}
    (cast(review_number as bigint) * 256 + {{ rank_code('coalesce(held_rank, earned_rank)') }}) * 256 + {{ rank_code('keep_rank') }}
{%- endmacro %}

{#
    w, the highest keep of a review and the tier_grace_reviews before it; the one just before stands at this place of the text.
    The code of no review is for an engine whose greatest takes no single value.
#}
{% macro grace_code(keep, text, place) -%}
    greatest({{ rank_code(-1) }}, {{ keep }}{% for back in range(var('tier_grace_reviews')) %}, {{ code_at(text, place ~ ' + ' ~ (2 * back + 1)) }}{% endfor %})
{%- endmacro %}

{# How many reviews before its own the tier of a review depends on. #}
{% macro reviews_looked_back() %}{{ return([var('tier_grace_reviews') | int, 1] | max) }}{% endmacro %}

{#
    The character code of a rank: the lowest tier is a 0. No review is a /, rank -1: below any rank, it decides nothing.
    Ranks have two digits (tiers_are_ranked_from_zero_without_gaps); Spark's chr knows codes up to 255.
#}
{% macro rank_code(rank) %}({{ rank }} + 48){% endmacro %}

{# Null where the text has no such place. #}
{% macro rank_of_code(code) %}(nullif({{ code }}, 0) - 48){% endmacro %}

{% macro code_at(text, place) %}ascii({{ text if place == 1 else 'substring(' ~ text ~ ', ' ~ place ~ ', 1)' }}){% endmacro %}
