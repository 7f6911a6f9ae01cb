-- Grain: one row per customer of the last review and scheme in which they have a class.
select classes.customer_id, classes.review_date, classes.scheme, classes.class
from {{ ref('fct_customer_classes') }} as classes
inner join {{ ref('int_reviews') }} as reviews on classes.review_date = reviews.review_date
where reviews.is_last
