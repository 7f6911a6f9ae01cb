-- Grain: one row per customer who bought in the window of the last review and place, 1 to 3: the products to offer them next.
with products as (
    select *
    from {{ ref('int_products_sold') }}
    where is_on_sale
),

-- what they come back for, if they are due about now and have not passed over one time already
refills as (
    select
        bought.customer_id,
        bought.product_id,
        bought.days_bought,
        {{ ratio(days_between('bought.first_bought_on', 'bought.last_bought_on'), '(bought.days_bought - 1)', 'decimal(9, 4)') }} as interval_days,
        bought.last_bought_on,
        products.as_of_date,
        limits.due_within_days
    from {{ ref('int_customer_products') }} as bought
    inner join products on bought.product_id = products.product_id
    cross join {{ ref('int_cross_sell_limits') }} as limits
    where bought.days_bought >= limits.min_refills
),

due as (
    select *, {{ add_days('last_bought_on', 'round(interval_days)') }} as due_on
    from refills
),

-- what goes with what they bought: of a product the ten others that most of its buyers take along
companions as (
    select affinity.*
    from (
        select *, row_number() over (partition by product_id order by confidence desc, lift desc, other_product_id) as place
        from {{ ref('product_affinity') }}
    ) as affinity
    inner join products on affinity.other_product_id = products.product_id
    where affinity.place <= 10
),

-- a step up: the next dearer product of the category, from a price at which it is a better one
steps as (
    select product_id, other_product_id
    from (
        select
            product.product_id,
            better.product_id as other_product_id,
            row_number() over (partition by product.product_id order by better.mean_price, better.product_id) as place
        from {{ ref('int_products_sold') }} as product
        inner join products as better on product.category = better.category
        cross join {{ ref('int_cross_sell_limits') }} as limits
        where better.is_frequent and product.mean_price > 0 and better.mean_price >= limits.min_upsell_step * product.mean_price
    ) as better
    where place = 1
),

new_ideas as (
    select
        bought.customer_id,
        companions.other_product_id as product_id,
        'cross_sell' as kind,
        2 as kind_place,
        bought.product_id as because_of_product_id,
        bought.days_bought,
        companions.confidence,
        companions.lift
    from {{ ref('int_customer_products') }} as bought
    inner join companions on bought.product_id = companions.product_id

    union all

    select
        bought.customer_id,
        steps.other_product_id as product_id,
        'upsell' as kind,
        3 as kind_place,
        bought.product_id as because_of_product_id,
        bought.days_bought,
        cast(null as decimal(5, 4)) as confidence,
        cast(null as decimal(14, 4)) as lift
    from {{ ref('int_customer_products') }} as bought
    inner join steps on bought.product_id = steps.product_id
),

-- each product once, for its best reason, and none that they know
best_ideas as (
    select *
    from (
        select
            *,
            row_number() over (
                partition by customer_id, product_id
                order by kind_place, confidence desc, lift desc, days_bought desc, because_of_product_id
            ) as place
        from new_ideas
        where not exists (
            select 1
            from {{ ref('int_customer_products') }} as known
            where new_ideas.customer_id = known.customer_id and new_ideas.product_id = known.product_id
        )
    ) as ideas
    where place = 1
),

offers as (
    select
        customer_id,
        product_id,
        'replenish' as kind,
        1 as kind_place,
        cast(null as string) as because_of_product_id,
        days_bought,
        cast(null as decimal(5, 4)) as confidence,
        cast(null as decimal(14, 4)) as lift,
        interval_days,
        due_on
    from due
    where
        due_on <= {{ add_days('as_of_date', 'due_within_days') }}
        and {{ add_days('due_on', 'round(interval_days)') }} >= as_of_date

    union all

    select
        customer_id,
        product_id,
        kind,
        kind_place,
        because_of_product_id,
        days_bought,
        confidence,
        lift,
        cast(null as decimal(9, 4)) as interval_days,
        cast(null as date) as due_on
    from best_ideas
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by kind_place, confidence desc nulls last, lift desc nulls last, days_bought desc, due_on, product_id
        ) as product_rank
    from offers
)

select
    ranked.customer_id,
    last_review.review_date as as_of_date,
    cast(ranked.product_rank as int) as product_rank,
    ranked.product_id,
    ranked.kind,
    ranked.because_of_product_id,
    ranked.days_bought,
    ranked.confidence,
    ranked.lift,
    ranked.interval_days,
    ranked.due_on
from ranked
cross join (select review_date from {{ ref('int_reviews') }} where is_last) as last_review
where ranked.product_rank <= 3
