"""The office's books as its procedures name them, retyped: slug, kind, group, books."""

from __future__ import annotations

ESTATE = """
company master estate | project master estate | department master estate
staff master staff | zone master place | building master estate | unit master place
external_party master estate | complaint_channel master estate
parking_space master estate | responsibility part estate
"""
PEOPLE = """
person master people: data_card customer_file phone_book | occupancy part people
vehicle master people | lease case papers | document_copy log papers
disclosure case disclosure
"""
RECEPTION = """
reception case reception: visit telephone needs | info_log case reception
daily_log log reception: daily_record diary | reply part reception
shift_handover log gate | shift_handover_case part gate
lost_found case gate: pets | praise case reception
suggestion case reception: commendation | outside_visit log reception
letter case reception: incoming outgoing | box_collection log reception
box_item part reception
"""
SERVICE = """
dispatch case service | repair case service: record | rework case service
service_order case service: charge_list
"""
COMPLAINTS = """
complaint case complaint: register notice | complaint_document part complaint
assignment part complaint | escalation log complaint
corrective_action case corrective | external_report case complaint
conduct log conduct
"""
INCIDENTS = """
incident case incident: important | incident_notice part incident
emergency_plan master incident
"""
REVISITS = """
revisit_plan case revisit | revisit case revisit: repair complaint task
home_visit case revisit: summary | engineering_project master revisit
engineering_revisit case revisit | survey case survey: opinion topic
survey_item part survey | survey_answer log survey | revisit_agreement case revisit
revisit_training log revisit
"""
HANDOVER = """
handover case handover: notice document_list | handover_document part handover
inspection case handover | inspection_defect part handover
agreement case handover: bank_collection accounts parking_rental parking_service tenant
key_issue log handover: out back | key_issue_item part handover
transfer case handover: notice | meter_reading log handover
"""
MONEY = "payment log money | arrears case money | arrears_contact part money"
RELEASE = """
release_pass case release | release_item part release | identity_check part release
"""
CARDS = """
card_application case card_desk | card case card: access parking
card_event log card | card_review case card_desk | card_topup log card
"""
REPORTS = """
periodic_report case report: complaint_summary complaint_export complaint_analysis
 common_issues developer_legacy complaint_review customer_feedback dispatch_statistics
 information_summary revisit_report revisit_evaluation survey_report
report_figure part report | report_item part report | meeting log report
meeting_action part report | work_plan case report: monthly yearly
work_plan_item part report | duty case report | notice case notice
"""
OFFICE = """
controlled_document case document: procedure | document_revision part document
document_issue part document | related_document part document
procedure_review case document | review_participant part document
review_change part document | file_entry master document
material_movement log document
"""
POLICY = """
deadline_rule policy policy | escalation_step policy policy | revisit_rule policy policy
duty_rule policy policy | card_policy policy policy | number_series policy policy
fee_standard policy fee | calendar_day policy policy | choice_label policy policy
setting policy policy | hint policy policy
"""
SYSTEM = """
gateway policy system
grant policy system | user master system | role_assignment master system
change log system
"""
SECTIONS = {
    "estate": ESTATE,
    "people": PEOPLE,
    "reception": RECEPTION,
    "service": SERVICE,
    "complaints": COMPLAINTS,
    "incidents": INCIDENTS,
    "revisits": REVISITS,
    "handover": HANDOVER,
    "money": MONEY,
    "release": RELEASE,
    "cards": CARDS,
    "reports": REPORTS,
    "office": OFFICE,
    "policy": POLICY,
    "system": SYSTEM,
}
Entry = tuple[str, str, str, str, tuple[str, ...]]


def entries() -> set[Entry]:
    """(slug, kind, group, section, books) of every record type."""
    found: set[Entry] = set()
    for section, text in SECTIONS.items():
        lines = text.strip().replace("\n ", " ").replace("\n", "|").split("|")
        for line in filter(None, (line.strip() for line in lines)):
            head, _colon, books = line.partition(":")
            slug, kind, group = head.split()
            found.add((slug, kind, group, section, tuple(books.split())))
    return found
