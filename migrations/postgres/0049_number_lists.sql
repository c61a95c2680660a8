-- Lists of numbers: how many a user has, and what they cost a month, is counted without reading the numbers themselves.

CREATE INDEX business_numbers_summed ON trunkline.business_numbers (user_id, status, currency) INCLUDE (monthly_cost);
