{#
    A customer's tier followed through their reviews: a text of two characters per review, newest first, for the ranks held and keep.
        held = greatest(earned, least(held before, grace), held before - 1)
    A fold, because each review needs the one before; in text, because an array is copied value by value whenever one is added.
    The text ends in as many reviews that never were as a review looks back, so that the oldest is no special case.
#}
{% macro followed_tiers(states) -%}
    {%- set earned, keep, held_before = 'cast(floor(value / 1000) as bigint) % 1000', 'value % 1000', code_at('so_far', 1) -%}
    {%- set held -%}
        greatest({{ earned }}, least({{ held_before }}, {{ grace_code(keep, 'so_far', 2) }}){{ ', ' ~ held_before ~ ' - 1' if var('tier_soft_landing') }})
    {%- endset -%}
    {{ fold(states, "'" ~ '//' * reviews_looked_back() ~ "'", 'concat(chr(cast(' ~ held ~ ' as int)), chr(cast(' ~ keep ~ ' as int)), so_far)') }}
{%- endmacro %}

{#
    A review as one whole number that sorts by time: its number, then in three digits each the codes of its earned and keep rank.
    A held rank that is known already goes in as earned: what the rules leave of the tier before is never above it.
#}
{% macro tier_state() -%}
    (cast(review_number as bigint) * 1000 + {{ rank_code('coalesce(held_rank, earned_rank)') }}) * 1000 + {{ rank_code('keep_rank') }}
{%- endmacro %}

{# w, the highest keep of a review and the tier_grace_reviews before it, the last of which stands at this place of the text. #}
{% macro grace_code(keep, text, place) -%}
    greatest({{ rank_code(-1) }}, {{ keep }}{% for back in range(var('tier_grace_reviews')) %}, {{ code_at(text, place ~ ' + ' ~ 2 * back) }}{% endfor %})
{%- endmacro %}

{# How many reviews before its own the tier of a review depends on. #}
{% macro reviews_looked_back() %}{{ return([var('tier_grace_reviews') | int, 1] | max) }}{% endmacro %}

{# The character code of a rank: the lowest tier is a 0, and no review is a /, which comes before it. #}
{% macro rank_code(rank) %}({{ rank }} + 48){% endmacro %}

{% macro rank_of_code(code) %}({{ code }} - 48){% endmacro %}

{% macro code_at(text, place) %}ascii(substring({{ text }}, {{ place }}, 1)){% endmacro %}
