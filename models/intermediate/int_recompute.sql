-- Grain: one row: the first review whose fingerprint is not the one it was built with; it and all later ones are made anew. Null: none.
{{ config(post_hook="{{ forget_reviews('int_built_reviews') }}") }}

with now_due as (
    select review_date, is_closed, data_fingerprint, rules_fingerprint, settings_fingerprint
    from {{ ref('int_review_fingerprints') }}
),

built as (
    {{ reviews_as_built() }}
),

compared as (
    select
        coalesce(now_due.review_date, built.review_date) as review_date,
        coalesce(
            now_due.is_closed = built.is_closed
            and now_due.data_fingerprint = built.data_fingerprint
            and now_due.rules_fingerprint = built.rules_fingerprint
            and now_due.settings_fingerprint = built.settings_fingerprint,
            false
        ) as is_as_built
    from now_due
    full outer join built on now_due.review_date = built.review_date
)

select min(review_date) as recompute_from
from compared
where not is_as_built
