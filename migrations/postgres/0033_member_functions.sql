-- Members of businesses: their changes, releases within businesses, and what tenants see of members.

-- Outcomes: put, with the member as they are now; stale, where they are not what the change has seen; too_many;
-- not_found. Locks the business first, so that of two members who are added at once the second counts the first.
CREATE FUNCTION trunkline.put_member_1(
    p_business uuid, p_owner text, p_member text, p_before text, p_role text, p_at_most bigint, p_at timestamptz,
    p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text, user_id text, role text, added_at timestamptz)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_role text;
BEGIN
    PERFORM FROM businesses guard WHERE guard.id = p_business AND guard.user_id = p_owner FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'not_found';
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT known.role INTO v_role FROM members known
    WHERE known.business_id = p_business AND known.user_id = p_member;
    IF was_told_1(p_events, p_audit) THEN
        -- This very change, asked for again: answered with the member as they are, unless they are gone since.
        IF v_role IS NULL THEN
            outcome := 'stale';
        END IF;
    ELSIF v_role IS DISTINCT FROM p_before THEN
        outcome := 'stale';
    ELSIF v_role IS NULL
      AND p_at_most <= (SELECT count(*) FROM members counted WHERE counted.business_id = p_business)
    THEN
        outcome := 'too_many';
    ELSE
        INSERT INTO members AS added (business_id, user_id, role, added_at)
        VALUES (p_business, p_member, p_role, p_at)
        ON CONFLICT ON CONSTRAINT members_pkey DO UPDATE SET role = excluded.role;
        PERFORM tell_1(p_events, p_audit);
    END IF;
    IF outcome IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT 'put', known.user_id, known.role, known.added_at FROM members known
    WHERE known.business_id = p_business AND known.user_id = p_member;
END
$$;

-- Outcomes: removed; stale, where they are not what the change has seen; not_found.
CREATE FUNCTION trunkline.remove_member_1(
    p_business uuid, p_owner text, p_member text, p_before text, p_events jsonb, p_audit jsonb
) RETURNS TABLE (outcome text)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
BEGIN
    PERFORM FROM businesses guard WHERE guard.id = p_business AND guard.user_id = p_owner FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'not_found';
    ELSIF was_told_1(p_events, p_audit) THEN
        outcome := 'removed';
    ELSE
        DELETE FROM members gone
        WHERE gone.business_id = p_business AND gone.user_id = p_member AND gone.role = p_before;
        IF FOUND THEN
            PERFORM tell_1(p_events, p_audit);
            outcome := 'removed';
        ELSE
            outcome := 'stale';
        END IF;
    END IF;
    RETURN NEXT;
END
$$;

-- TX1 of a release, as `begin_release_1`; and where `p_within` is not null, a number outside of these businesses is not
-- theirs.
-- Outcomes: begun, record_removed (both with the number); refused, and ended (an answer of before), both with the end as
-- the client hears it; open, with its subject; other_command.
CREATE FUNCTION trunkline.begin_release_2(
    p_number uuid, p_user text, p_within uuid[], p_from text[], p_lease interval, p_removed jsonb, p_at timestamptz,
    p_request jsonb, p_events jsonb, p_audit jsonb, p_now timestamptz
) RETURNS TABLE (outcome text, subject uuid, document jsonb, number_row trunkline.business_numbers)
LANGUAGE plpgsql SET search_path = trunkline, pg_temp AS $$
DECLARE
    v_number record;
    v_is_theirs boolean;
BEGIN
    PERFORM wait_for_turn_1(p_request, p_number);
    SELECT guard.user_id, guard.business_id, guard.status, guard.is_primary, guard.twilio_sid IS NULL AS is_record
    INTO v_number
    FROM business_numbers guard WHERE guard.id = p_number
    FOR NO KEY UPDATE;
    v_is_theirs := FOUND AND v_number.user_id = p_user AND v_number.status <> 'released'
        AND (p_within IS NULL OR coalesce(v_number.business_id = ANY (p_within), false));
    outcome := CASE WHEN v_number.is_record THEN 'record_removed' ELSE 'begun' END;
    subject := p_number;
    -- This very change, asked for again: answered with what it began, as far as that has come.
    IF NOT was_told_1(p_events, p_audit) THEN
        RETURN QUERY
        SELECT known.outcome, known.subject, known.document, NULL::business_numbers
        FROM known_request_1(p_request, p_now) known;
        IF FOUND THEN
            RETURN;
        END IF;
        IF NOT v_is_theirs OR v_number.is_primary OR v_number.status <> ALL (p_from) THEN
            outcome := 'refused';
            document := jsonb_build_object('end', 'refused', 'why', CASE
                WHEN NOT v_is_theirs THEN 'not_found'
                WHEN v_number.status <> ALL (p_from) THEN 'busy'
                ELSE 'primary'
            END);
            PERFORM keep_request_1(p_request, p_number, document, p_now);
            RETURN NEXT;
            RETURN;
        ELSIF v_number.is_record THEN
            UPDATE business_numbers SET status = 'released', version = version + 1, updated_at = p_at
            WHERE id = p_number;
            PERFORM keep_request_1(p_request, p_number, p_removed, p_now);
        ELSE
            UPDATE business_numbers
            SET status = 'releasing', release_lease = release_lease + 1, release_opener_lease = release_lease + 1,
                release_leased_until = lease_time_1(p_now) + p_lease, release_attempts = 0,
                release_next_attempt_at = NULL, version = version + 1, updated_at = p_at
            WHERE id = p_number;
            PERFORM keep_request_1(p_request, p_number, NULL, p_now);
        END IF;
        PERFORM tell_1(p_events, p_audit);
    END IF;
    RETURN QUERY SELECT begin_release_2.outcome, p_number, NULL::jsonb, after
    FROM business_numbers after WHERE after.id = p_number;
END
$$;

-- What a tenant reads of members: those of their own businesses, and where they are a member themselves.
CREATE FUNCTION trunkline.make_tenant_views_2() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CREATE OR REPLACE VIEW trunkline_tenant.members WITH (security_invoker = true) AS
    SELECT business_id, user_id, role, added_at FROM trunkline.members;
END
$$;

-- As `open_to_tenants_1`, and the members. Answers what is missing, or nothing where all is there.
CREATE FUNCTION trunkline.open_to_tenants_2() RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_missing text := trunkline.open_to_tenants_1();
BEGIN
    IF v_missing IS NOT NULL THEN
        RETURN v_missing;
    END IF;
    PERFORM trunkline.make_tenant_views_2();
    -- Which businesses are theirs is asked under the rule of that table. To be a member shows nothing but that.
    PERFORM trunkline.restrict_tenants_1('members',
        'user_id = (SELECT trunkline.tenant_1())
         OR business_id = ANY (ARRAY(SELECT mine.id FROM trunkline.businesses mine
                                     WHERE mine.user_id = (SELECT trunkline.tenant_1())))',
        'business_id, user_id, role, added_at');
    GRANT SELECT ON trunkline_tenant.members TO trunkline_tenant;
    RETURN NULL;
END
$$;

-- As `grant_rights_1`, with the tenants' views of this release. Who may do what here; `trunkline migrate` calls it after
-- every migration, so that a later one need not think of it.
-- PostgreSQL lets everybody call a new function. Here only those may who may write the tables that functions write: the
-- servers' role, whatever it is called, and the owner.
CREATE FUNCTION trunkline.grant_rights_2() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_server name;
    v_missing text;
BEGIN
    FOR v_server IN
        SELECT DISTINCT grantee.rolname
        FROM pg_class place
        CROSS JOIN LATERAL aclexplode(place.relacl) granted
        JOIN pg_roles grantee ON grantee.oid = granted.grantee
        WHERE place.oid = 'trunkline.orders'::regclass AND granted.privilege_type = 'INSERT'
          AND granted.grantee <> place.relowner
    LOOP
        EXECUTE format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA trunkline TO %I', v_server);
    END LOOP;
    REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA trunkline FROM PUBLIC;
    v_missing := trunkline.open_to_tenants_2();
    IF v_missing IS NOT NULL THEN
        RAISE NOTICE 'nothing is readable by tenants yet, and nothing else is amiss: %; then run, as the owner: SELECT trunkline.grant_rights_2()', v_missing;
    END IF;
END
$$;
