"""Every proof notices that its guard is gone: ``make mutants``, not the usual run.

Beside the guards known by name, twenty rules of each part are drawn (``--draw``), and
whatever carries them is taken away.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest

from tests import cards as counters
from tests import test_card_ledger as ledger
from tests import test_card_lives as cards
from tests import test_card_register as register
from tests import test_card_review as reviews
from tests import test_class_lives as classes
from tests import test_complaint_end as ends
from tests import test_complaint_life as complaints
from tests import test_desk_lives as desk
from tests import test_desk_rules as desk_rules
from tests import test_disclosures as disclosures
from tests import test_documents as documents
from tests import test_gate_lives as gates
from tests import test_handover_lives as handovers
from tests import test_money as money
from tests import test_owed as owed
from tests import test_report_lives as reports
from tests import test_transfer_lives as sales
from tests import test_work_lives as work
from tests.bereft import for_a_while, unguarded
from tests.lives import Life
from tests.slips import Gate
from views.clauses import proofs, rules

Proof = Callable[[Life], None]


def at_counter(proof: Callable[[counters.Counter], None], life: Life) -> None:
    """A proof at the card counter."""
    proof(next(counters.counter(life)))


MERCHANT = partial(
    cards.test_a_card_is_applied_for_verified_issued_and_signed_for, kind="merchant"
)
BY_WHOM = cards.test_the_terms_name_who_verifies_and_a_supervisor_issues_internal_cards
DRAFTED = documents.test_a_document_passes_three_people_and_is_handed_out_by_number
LEAVES = ledger.test_no_card_leaves_the_stock_but_by_its_application
LOST = ledger.test_what_was_lost_or_broken_by_somebody_is_appraised_and_paid
TOPPED = ledger.test_a_parking_card_lasts_as_long_as_is_topped_up
BACK = register.test_a_top_up_that_is_voided_takes_its_months_back
OLD_ONE = register.test_no_card_goes_round_its_application_as_an_old_one
QUARTER = reviews.test_the_quarterly_list_is_counted_reconciled_and_filed
SLIPS: list[tuple[str, Callable[[Gate], None]]] = [
    ("identified", gates.test_whoever_is_not_the_owner_is_verified_by_what_he_is),
    ("authority_dated", gates.test_whoever_is_not_the_owner_is_verified_by_what_he_is),
    ("owner_agrees", gates.test_a_tenant_waits_for_the_owners_word_or_a_stand_ins),
    ("released_on_witness", gates.test_a_police_witness_needs_a_supervisors_release),
    ("witnessed", gates.test_a_police_witness_needs_a_supervisors_release),
    ("released_by_another", gates.test_a_police_witness_needs_a_supervisors_release),
    ("arrears_looked_up", gates.test_arrears_remind_a_tenant_and_stop_no_owner),
    ("arrears_reminded", gates.test_arrears_remind_a_tenant_and_stop_no_owner),
    ("has_goods", gates.test_a_slip_is_issued_with_its_goods_for_a_day_to_come),
    ("still_to_come", gates.test_a_slip_is_issued_with_its_goods_for_a_day_to_come),
    ("goods_match", gates.test_the_guard_ticks_the_goods_and_keeps_the_slip_in_one_act),
    ("unaltered", gates.test_an_altered_expired_or_replaced_slip_lets_nothing_out),
    ("valid_today", gates.test_an_altered_expired_or_replaced_slip_lets_nothing_out),
]


def of_slips(proof: Callable[[Gate], None]) -> Proof:
    """A proof about slips as one about the office's life."""
    return lambda life: proof(Gate(life))


MUTANTS: list[tuple[str, Proof]] = [
    ("confirmed_first", complaints.test_it_is_confirmed_before_it_is_passed_on),
    ("has_somebody", complaints.test_nobody_answers_before_somebody_is_responsible),
    ("somebody_assists", complaints.test_others_take_part),
    ("not_the_accused", complaints.test_whoever_is_complained_about_does_not_handle_it),
    (
        "i_am_not_accused",
        complaints.test_whoever_is_complained_about_does_not_handle_it,
    ),
    ("result_is_mine", complaints.test_the_result_is_the_responsible_persons),
    ("measures_written", complaints.test_the_handling_record_is_written),
    ("internal_cause_named", complaints.test_an_internal_cause_is_named_and_put_right),
    ("decided_above", complaints.test_the_manager_decides_what_is_serious),
    ("attended_in_person", complaints.test_the_manager_decides_what_is_serious),
    ("has_result", ends.test_it_closes_only_when_everything_is_there),
    ("is_signed", ends.test_it_closes_only_when_everything_is_there),
    ("reason_accepted", ends.test_it_closes_only_when_everything_is_there),
    ("revisited_satisfied", ends.test_it_closes_only_when_everything_is_there),
    ("customer_told", ends.test_it_closes_only_when_everything_is_there),
    ("signed_acceptably", ends.test_a_signature_is_on_paper_that_is_found_or_on_a_scan),
    (
        "original_goes_along",
        owed.test_what_came_in_writing_is_passed_on_with_its_original,
    ),
    (
        "report_is_anonymous",
        reports.test_a_report_is_reviewed_by_another_returned_and_published,
    ),
    (
        "notice_is_anonymous",
        reports.test_a_notice_is_checked_approved_by_another_and_withdrawn,
    ),
    (
        "named_agree",
        reports.test_a_notice_is_checked_approved_by_another_and_withdrawn,
    ),
    ("is_counted", reports.test_what_cannot_be_counted_is_said_in_words),
    (
        "asked_whether_satisfied",
        desk_rules.test_a_cause_of_ours_is_told_and_revisited_whatever_the_office_asks,
    ),
    ("all_closed", ends.test_a_dissatisfied_customer_opens_it_again),
    ("was_forwarded", ends.test_whoever_passed_it_on_hears_the_result),
    ("forwarder_told", ends.test_whoever_passed_it_on_hears_the_result),
    (
        "apologised",
        ends.test_bad_manners_end_with_apology_criticism_and_a_leaders_revisit,
    ),
    (
        "criticised",
        ends.test_bad_manners_end_with_apology_criticism_and_a_leaders_revisit,
    ),
    (
        "leader_revisited",
        ends.test_bad_manners_end_with_apology_criticism_and_a_leaders_revisit,
    ),
    (
        "in_that_role",
        ends.test_bad_manners_end_with_apology_criticism_and_a_leaders_revisit,
    ),
    ("not_municipal", ends.test_what_is_not_ours_is_said_plainly_and_closed),
    ("told_plainly", ends.test_what_is_not_ours_is_said_plainly_and_closed),
    ("i_may_take_it", complaints.test_the_office_says_who_enters_complaints),
    ("not_with_itself", complaints.test_complaints_of_one_cause_are_joined),
    ("not_my_own_work", classes.test_other_classes_are_revisited_by_somebody_else),
    ("review_is_set", DRAFTED),
    ("reviewed_first", DRAFTED),
    ("has_class", classes.test_without_a_class_there_is_no_way),
    ("developer_engaged", classes.test_class_2_house_quality_goes_to_the_developer),
    (
        "impact_assessed",
        classes.test_class_3_is_assessed_and_reported_as_its_impact_demands,
    ),
    ("reported_outside", classes.test_a_municipal_cause_is_put_before_the_utility),
    (
        "names_both_sides",
        classes.test_a_dispute_names_the_other_side_and_shields_the_complainant,
    ),
    (
        "appointed_first",
        work.test_a_job_is_agreed_before_it_is_dispatched_unless_urgent,
    ),
    (
        "approved_by_department",
        work.test_another_departments_slip_is_approved_before_it_is_filed,
    ),
    ("same_day", work.test_a_contact_sheet_goes_out_the_same_day),
    ("has_finish_date", work.test_a_correction_is_planned_accepted_by_another_and_told),
    ("close_with", work.test_a_repair_without_a_result_is_not_closed),
    ("mode_explained", work.test_a_revisit_on_site_is_signed_and_the_charge_checked),
    ("checked_on_site", work.test_a_revisit_on_site_is_signed_and_the_charge_checked),
    (
        "tried_enough",
        work.test_whoever_cannot_be_reached_is_tried_again_and_then_let_be,
    ),
    ("is_waiting", work.test_a_repair_waits_for_parts_and_goes_on),
    ("has_somewhere_to_go", desk.test_what_begins_no_record_goes_to_a_department),
    ("home_known", desk.test_after_sales_needs_a_home),
    ("nothing_open", desk.test_a_reception_closes_only_when_all_it_caused_is_closed),
    ("adopted", desk.test_a_declined_suggestion_is_explained),
    ("declined_and_told", desk.test_a_declined_suggestion_is_explained),
    (
        "counted_by_two",
        desk.test_a_found_article_is_counted_by_two_published_and_claimed,
    ),
    (
        "unclaimed_long_enough",
        desk.test_a_found_article_is_counted_by_two_published_and_claimed,
    ),
    ("approved_if_outgoing", desk.test_an_outgoing_letter_is_approved_by_another),
    ("is_event", desk.test_a_visit_of_leaders_is_only_received),
    ("guided", handovers.test_the_papers_are_complete_before_the_home_is_inspected),
    (
        "notice_signed",
        handovers.test_the_papers_are_complete_before_the_home_is_inspected,
    ),
    (
        "notice_copied",
        handovers.test_the_papers_are_complete_before_the_home_is_inspected,
    ),
    (
        "papers_collected",
        handovers.test_the_papers_are_complete_before_the_home_is_inspected,
    ),
    (
        "inspection_signed",
        handovers.test_the_home_is_inspected_with_the_owner_and_the_meters_read,
    ),
    ("all_cleared", handovers.test_every_defect_becomes_a_rework_or_is_ticked_off),
    ("some_to_rework", handovers.test_every_defect_becomes_a_rework_or_is_ticked_off),
    (
        "agreements_signed",
        handovers.test_the_agreements_are_signed_after_the_inspection,
    ),
    ("rights_stated", handovers.test_the_agreements_are_signed_after_the_inspection),
    (
        "not_deferred",
        handovers.test_whoever_will_not_take_the_home_over_comes_back_later,
    ),
    (
        "is_deferred",
        handovers.test_whoever_will_not_take_the_home_over_comes_back_later,
    ),
    ("months_paid", handovers.test_keys_go_out_only_against_the_receipt),
    ("prepaid", handovers.test_keys_go_out_only_against_the_receipt),
    ("against_receipt", handovers.test_keys_go_out_only_against_the_receipt),
    ("keys_signed_for", handovers.test_keys_go_out_only_against_the_receipt),
    ("not_prepaid", handovers.test_nothing_is_prepaid_where_meters_are_the_households),
    ("nothing_owed", sales.test_the_former_owner_settles_first),
    (
        "changes_hands",
        sales.test_the_buyer_shows_the_original_and_no_inspection_follows,
    ),
    ("data_complete", sales.test_three_are_told_and_the_household_changes_with_dates),
    ("renamed_by_now", sales.test_three_are_told_and_the_household_changes_with_dates),
    ("formalities_done", sales.test_in_all_else_a_sale_goes_like_a_handover),
    ("dates_in_order", sales.test_a_tenant_lives_there_for_as_long_as_the_lease),
    ("later_than_before", sales.test_a_tenant_lives_there_for_as_long_as_the_lease),
    (
        "not_renewed_twice",
        sales.test_a_revisit_agreement_binds_for_a_year_and_is_renewed,
    ),
    *(
        (name, partial(at_counter, proof))
        for name, proof in (
            (
                "names_holder",
                cards.test_an_application_says_for_whom_and_on_which_terms,
            ),
            ("has_terms", cards.test_an_application_says_for_whom_and_on_which_terms),
            ("names_vehicle", cards.test_the_parking_agreement_comes_before_the_card),
            (
                "agreement_signed",
                cards.test_the_parking_agreement_comes_before_the_card,
            ),
            (
                "papers_complete",
                cards.test_family_not_on_file_is_confirmed_by_the_owner,
            ),
            ("copies_kept", MERCHANT),
            ("lease_runs", cards.test_a_tenants_card_never_outlives_the_lease),
            ("in_role", BY_WHOM),
            ("by_supervisor", BY_WHOM),
            ("by_another", cards.test_nobody_approves_his_own),
            ("is_approved", cards.test_any_kind_can_be_made_to_need_approval),
            ("fee_known", cards.test_nothing_is_charged_while_the_fee_is_not_set),
            ("fee_received", cards.test_nothing_is_charged_while_the_fee_is_not_set),
            ("cards_at_hand", cards.test_several_cards_are_issued_at_once),
            ("within_terms", cards.test_how_long_a_card_lasts_is_worked_out),
            ("is_granted", LEAVES),
            ("is_formatted", LEAVES),
            ("is_appraised", LOST),
            ("is_paid", LOST),
            ("not_replaced", LOST),
            ("card_at_hand", ledger.test_what_is_not_in_stock_replaces_nothing),
            ("is_recalled", ledger.test_cards_of_a_household_that_leaves_are_recalled),
            ("lasts_longer", cards.test_a_tenants_card_never_outlives_the_lease),
            ("has_ended", ledger.test_a_card_about_to_end_is_extended_by_its_term),
            ("extended_by_term", TOPPED),
            ("paid_by_month", TOPPED),
            ("sums_up", TOPPED),
            (
                "newest_months",
                register.test_a_top_up_that_is_voided_takes_its_months_back,
            ),
            ("entered_above", OLD_ONE),
            ("before_ledger", OLD_ONE),
            ("opening_complete", OLD_ONE),
            ("scan_attached", MERCHANT),
            ("tenant_stays", ledger.test_a_tenant_parks_as_long_as_the_lease_runs),
            ("names_quarter", QUARTER),
            ("differences_explained", QUARTER),
        )
    ),
    ("has_ground", disclosures.test_data_is_given_by_consent_or_law_and_taken_back),
    (
        "refusal_explained",
        disclosures.test_nobody_decides_his_own_request_and_a_refusal_is_explained,
    ),
    (
        "was_consent",
        disclosures.test_what_the_law_demanded_is_not_taken_back_as_a_consent,
    ),
    ("paid_in_full", money.test_arrears_are_reminded_promised_and_settled_by_receipts),
    (
        "promised_ahead",
        money.test_arrears_are_reminded_promised_and_settled_by_receipts,
    ),
    ("unpaid_again", money.test_arrears_are_reminded_promised_and_settled_by_receipts),
    *((name, of_slips(proof)) for name, proof in SLIPS),
]


@pytest.mark.parametrize(("name", "proof"), MUTANTS, ids=[name for name, _p in MUTANTS])
def test_the_proof_notices(name: str, proof: Proof, life: Life) -> None:
    with for_a_while():
        gone = unguarded(lambda guard: guard.check.__name__ == name)
        assert gone, "there is no such guard"
        with pytest.raises(AssertionError):
            proof(life)


PARTS: dict[str, tuple[str, str]] = {
    "nothing slips": (
        r"S0 |S1 (三|客户投诉)|S2 |S3 篇1|S4 篇[aklmo]",
        "deadline routing state approval permission verification",
    ),
    "at the counter": (
        r"S1 (房屋交付|转让|四|五)",
        "verification approval permission state integrity deadline",
    ),
}
"""Where the rules of a part stand in the procedures, and of which kinds they are."""
DRAWN = 20


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "rule" in metafunc.fixturenames:
        seed = metafunc.config.getoption("--draw")
        drawn = [rule for part in PARTS for rule in _drawn(part, seed)]
        metafunc.parametrize("rule", drawn)


def _drawn(part: str, seed: int) -> list[str]:
    places, kinds = PARTS[part]
    found = [
        rule.id
        for rule in rules()
        if rule.stage == "built"
        and rule.kind in kinds.split()
        and re.match(places, f"{rule.seed} {rule.place}")
    ]
    return sorted(random.Random(seed).sample(found, DRAWN))


def test_the_proof_of_a_rule_notices(rule: str) -> None:
    mine = [f"tests/{test}" for test in proofs()[rule]]
    asked = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--no-cov", "-x"]
    asked += ["-p", "tests.bereft", "-m", "not browser", *mine]
    whole = subprocess.run(asked, capture_output=True, check=False, text=True)
    assert whole.returncode == 0, whole.stdout
    without = [*asked, "--without", rule]
    bereft = subprocess.run(without, capture_output=True, check=False, text=True)
    assert bereft.returncode == 1, bereft.stdout + bereft.stderr
