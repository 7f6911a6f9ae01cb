-- Grain: one row per graded customer and review by which they had bought: how they buy. A view: patterns of the past are worked out when asked for.
{{ config(materialized='view') }}

{{ pattern_rows(ref('int_reviews')) }}
