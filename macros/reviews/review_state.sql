{#
    A review packed into one whole number that sorts by date, and its unpacking: days, four scores of one digit, then two
    digits each of earned rank, keep rank and w. It travels through the fold of folded_tiers in place of a join of
    tens of millions of reviews to themselves.
#}
{% macro review_state() -%}
    ((((((cast({{ days_between("date '1970-01-01'", 'review_date') }} as bigint)
        * 10 + recency_score) * 10 + frequency_score) * 10 + monetary_score) * 10 + profit_score)
        * 100 + earned_rank) * 100 + keep_rank) * 100
{%- endmacro %}

{# Part of a review state: what is left of it above `place`, of which `digits` are meant. #}
{% macro state_part(place, digits) -%}
    cast({{ whole_division('review_state', place) }} % {{ 10 ** digits }} as int)
{%- endmacro %}
