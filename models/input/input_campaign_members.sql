-- Grain: one row as the source sends it for a customer's place in a campaign.
select *
from {{ raw_table('campaign_members') }}
