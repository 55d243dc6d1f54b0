"""The states of every flow: what each awaits, what has been done, open or not."""

from __future__ import annotations

from core.states import FINAL, OPEN, RESTING, Flow, State


def _flow(*rows: tuple[str, ...]) -> Flow:
    """A flow from rows of code, now (zh, en), step (zh, en) and kind unless open."""
    return Flow(tuple(_state(*row) for row in rows))


def _state(
    code: str, now: str, now_en: str, step: str, step_en: str, kind: str = OPEN
) -> State:
    return State(code, (now, now_en), (step, step_en), kind)


STATES: dict[str, Flow] = {
    "reception": _flow(
        ("registered", "待处理", "To handle", "已登记", "Registered"),
        ("dispatched", "处理中", "Being handled", "已派单", "Dispatched"),
        ("done", "待注销", "To close", "已办妥", "Done"),
        ("closed", "已注销", "Closed", "已注销", "Closed", FINAL),
    ),
    "info_log": _flow(
        ("open", "未关闭", "Open", "已记录", "Recorded"),
        ("dispatched", "跟进中", "Being followed up", "已派单", "Dispatched"),
        ("closed", "已关闭", "Closed", "已关闭", "Closed", FINAL),
    ),
    "dispatch": _flow(
        ("new", "待派工", "To dispatch", "已建单", "Slip opened"),
        (
            "confirmed_available",
            "待约时间",
            "To appoint",
            "已确认有人",
            "Availability confirmed",
        ),
        (
            "appointed",
            "已约待派",
            "Appointed, to dispatch",
            "已约上门时间",
            "Appointed",
        ),
        ("dispatched", "待完工", "To finish", "已派工", "Dispatched"),
        ("done", "待批归档", "To approve for filing", "已完成", "Done"),
        ("approved_to_file", "待归档", "To file", "主管已批", "Approved to file"),
        ("filed", "已归档", "Filed", "已归档", "Filed", FINAL),
    ),
    "repair": _flow(
        ("new", "待派工", "To dispatch", "已报修", "Reported"),
        ("dispatched", "待到场", "To arrive", "已派工", "Dispatched"),
        ("arrived", "维修中", "Being repaired", "已到场", "Arrived"),
        ("done", "待回访", "To revisit", "已修好", "Repaired"),
        ("closed", "已关闭", "Closed", "已关闭", "Closed", FINAL),
    ),
    "rework": _flow(
        ("issued", "待返单", "To return to after-sales", "已开单", "Issued"),
        ("returned", "返修中", "Being reworked", "已交售后", "Returned to after-sales"),
        ("done", "待复验", "To re-inspect", "已返修", "Reworked"),
        ("closed", "已关闭", "Closed", "已关闭", "Closed", FINAL),
    ),
    "service_order": _flow(
        ("new", "待确认", "To confirm", "已登记", "Registered"),
        ("available", "待约时间", "To appoint", "已确认有人", "Availability confirmed"),
        ("appointed", "待上门", "To visit", "已约时间", "Appointed"),
        ("done", "待收费", "To charge", "已完成", "Done"),
        ("charged", "待关闭", "To close", "已收费", "Charged"),
        ("closed", "已关闭", "Closed", "已关闭", "Closed", FINAL),
    ),
    "complaint": _flow(
        ("received", "待确认", "To confirm", "已受理", "Received"),
        ("confirmed", "待转交", "To assign", "已确认", "Confirmed"),
        ("assigned", "调查中", "Being investigated", "已转责任部门", "Assigned"),
        (
            "investigated",
            "待答复措施",
            "To answer with a remedy",
            "已查明",
            "Investigated",
        ),
        ("answered", "处理中", "Being handled", "已答复措施", "Remedy answered"),
        ("handled", "待回访", "To revisit", "处理完毕", "Handled"),
        ("revisited", "待消单", "To close", "已回访", "Revisited"),
        ("closed", "已消单", "Closed", "已消单", "Closed", RESTING),
        ("filed", "已归档", "Filed", "已归档", "Filed", FINAL),
        ("reopened", "重新处理", "Being handled again", "已退回重办", "Reopened"),
    ),
    "corrective_action": _flow(
        ("raised", "待发通知", "To notify", "已提出", "Raised"),
        ("noticed", "待分析原因", "To analyse", "已书面通知", "Notice issued"),
        ("analysed", "待定措施", "To plan", "已分析原因", "Analysed"),
        ("planned", "整改中", "Being put right", "已定措施", "Planned"),
        ("executed", "待验收", "To accept", "已整改", "Executed"),
        ("accepted", "待告知业主", "To tell the customer", "验收合格", "Accepted"),
        ("told", "待关闭", "To close", "已告知业主", "Customer told"),
        ("closed", "已闭合", "Closed", "已闭合", "Closed", FINAL),
    ),
    "external_report": _flow(
        ("drafted", "待递交", "To submit", "已拟稿", "Drafted"),
        ("submitted", "待对方回复", "Awaiting their answer", "已递交", "Submitted"),
        ("followed", "跟进中", "Being followed up", "已跟进", "Followed up"),
        ("answered", "待关闭", "To close", "对方已回复", "Answered"),
        ("closed", "已关闭", "Closed", "已关闭", "Closed", FINAL),
    ),
    "incident": _flow(
        ("reported", "待通报", "To inform", "已上报", "Reported"),
        ("informed", "待处置", "To take in hand", "已通报", "Informed"),
        ("in_hand", "处置中", "In hand", "处置中", "Taken in hand"),
        ("concluded", "待总结", "To review", "处置完毕", "Concluded"),
        ("reviewed", "已总结", "Reviewed", "已总结", "Reviewed", FINAL),
        (
            "received",
            "已接待",
            "Visitors received",
            "已接待",
            "Visitors received",
            FINAL,
        ),
    ),
    "revisit_plan": _flow(
        ("planned", "待执行", "To carry out", "已制定", "Planned"),
        ("done", "待归档", "To file", "已执行完", "Carried out"),
        ("closed", "已归档", "Filed", "已归档", "Filed", FINAL),
    ),
    "revisit": _flow(
        ("planned", "待回访", "To revisit", "已安排", "Planned"),
        ("done", "待关闭", "To close", "已回访", "Revisited"),
        ("not_reached", "未联系上", "Not reached", "未联系上", "Not reached"),
        (
            "problem_found",
            "有问题，待整改",
            "Problem, to put right",
            "回访有问题",
            "Problem found",
        ),
        ("closed", "已关闭", "Closed", "已关闭", "Closed", FINAL),
    ),
    "home_visit": _flow(
        ("planned", "待通知业主", "To tell the owner", "已排期", "Planned"),
        ("owner_told", "待走访", "To visit", "已通知业主", "Owner told"),
        ("visited", "待汇总", "To summarise", "已走访", "Visited"),
        ("summarised", "待反馈", "To feed back", "已汇总", "Summarised"),
        ("fed_back", "已反馈", "Fed back", "已反馈业主", "Fed back", FINAL),
    ),
    "engineering_revisit": _flow(
        ("planned", "待回访", "To revisit", "已排期", "Planned"),
        ("visited", "待定整改", "To decide on rectification", "已回访", "Revisited"),
        ("rectifying", "整改中", "Being rectified", "整改中", "Rectification begun"),
        ("accepted", "待告知", "To tell the customer", "验收合格", "Accepted"),
        ("told", "待关闭", "To close", "已告知业主", "Customer told"),
        ("closed", "已关闭", "Closed", "已关闭", "Closed", FINAL),
    ),
    "survey": _flow(
        ("drafted", "待发放", "To hand out", "已拟题", "Drafted"),
        ("open", "调查中", "Open for answers", "已发放", "Handed out"),
        ("closed", "待统计", "To analyse", "已截止", "Answers closed"),
        ("analysed", "待上报", "To report", "已统计", "Analysed"),
        ("reported", "已上报", "Reported", "已上报", "Reported", FINAL),
    ),
    "suggestion": _flow(
        ("recorded", "待上报", "To report", "已登记", "Recorded"),
        ("reported", "待经理决定", "Awaiting the manager", "已上报", "Reported"),
        ("decided", "待公布", "To publish", "已采纳／未采纳", "Adopted or declined"),
        ("published", "待关闭", "To close", "已公布", "Published"),
        ("closed", "已关闭", "Closed", "已关闭", "Closed", FINAL),
    ),
    "praise": _flow(
        ("recorded", "待核实", "To verify", "已登记", "Recorded"),
        ("verified", "待决定", "To decide", "已核实", "Verified"),
        ("decided", "待表彰", "To reward", "已决定", "Decided"),
        ("rewarded", "待关闭", "To close", "已表彰", "Rewarded"),
        ("closed", "已关闭", "Closed", "已关闭", "Closed", FINAL),
    ),
    "lost_found": _flow(
        ("registered", "保管中", "In keeping", "已登记", "Registered"),
        ("published", "招领中", "Awaiting the owner", "已公示", "Published"),
        ("claimed", "待关闭", "To close", "已认领", "Claimed"),
        ("told", "待关闭", "To close", "已告知", "Keeper told"),
        ("closed", "已关闭", "Closed", "已关闭", "Closed", FINAL),
    ),
    "handover": _flow(
        ("open", "待交资料", "Awaiting documents", "已开办", "Opened"),
        ("documents", "待验房", "To inspect", "资料已收", "Documents received"),
        ("inspected", "待签协议", "To sign agreements", "已验房", "Inspected"),
        ("agreements", "待缴费", "To pay", "协议已签", "Agreements signed"),
        ("paid", "待领钥匙", "To issue keys", "已缴费", "Paid"),
        ("keys_issued", "待办结", "To complete", "钥匙已领", "Keys issued"),
        ("complete", "已交付", "Handed over", "已交付", "Handed over", FINAL),
    ),
    "inspection": _flow(
        ("open", "待签字", "To sign", "验房中", "Inspection begun"),
        (
            "signed",
            "遗留问题整改中",
            "Defects being cleared",
            "业主已签",
            "Signed by the owner",
        ),
        (
            "defects_cleared",
            "已销项",
            "Defects cleared",
            "遗留问题已销项",
            "Defects cleared",
            FINAL,
        ),
    ),
    "transfer": _flow(
        ("open", "待核欠费", "To check arrears", "已受理", "Received"),
        ("fees_cleared", "待验证件", "To see papers", "费用已结清", "Fees cleared"),
        ("papers_seen", "待通知", "To inform", "证件已验", "Papers seen"),
        ("informed", "待办结", "To complete", "已通知各方", "All informed"),
        ("complete", "已更名", "Transferred", "已更名", "Transferred", FINAL),
    ),
    "agreement": _flow(
        ("draft", "待签", "To sign", "已拟", "Drafted"),
        ("signed", "生效中", "In force", "已签订", "Signed", RESTING),
        ("expired", "已到期", "Expired", "已到期", "Expired", RESTING),
        ("ended", "已终止", "Ended", "已终止", "Ended", FINAL),
    ),
    "lease": _flow(
        ("draft", "待登记", "To register", "已拟", "Drafted"),
        ("signed", "生效中", "In force", "已登记", "Registered", RESTING),
        ("expired", "已到期", "Expired", "已到期", "Expired", RESTING),
        ("ended", "已终止", "Ended", "已终止", "Ended", FINAL),
    ),
    "release_pass": _flow(
        ("draft", "待核实", "To verify", "已填单", "Drafted"),
        ("verified", "待签发", "To issue", "已核实", "Verified"),
        ("issued", "待放行", "To check out", "已签发", "Issued"),
        ("checked_out", "待收条", "To recover the pass", "已放行", "Checked out"),
        ("recovered", "已收回", "Recovered", "放行条已收回", "Pass recovered", FINAL),
        ("refused", "不予放行", "Refused", "不予放行", "Refused", FINAL),
    ),
    "card_application": _flow(
        ("draft", "填写中", "Being filled in", "已填写", "Filled in"),
        ("submitted", "待核实", "To verify", "已提交", "Submitted"),
        ("verified", "待审批", "To approve", "已核实", "Verified"),
        ("approved", "待发卡", "To issue", "已批准", "Approved"),
        ("rejected", "已退回", "Sent back", "已退回", "Rejected", RESTING),
        ("issued", "待签收", "To sign for", "已发卡", "Issued"),
        ("signed", "已签收", "Signed for", "已签收", "Signed for", FINAL),
        ("cancelled", "已撤销", "Cancelled", "已撤销", "Cancelled", FINAL),
    ),
    "card": _flow(
        ("stock", "库存", "In stock", "已入库", "Taken into stock", RESTING),
        ("active", "正常", "Active", "已启用", "Activated", RESTING),
        ("suspended", "暂停", "Suspended", "已暂停", "Suspended", RESTING),
        ("lost", "已挂失", "Lost", "已挂失", "Reported lost", RESTING),
        ("damaged", "已损坏", "Damaged", "已报损", "Reported damaged", RESTING),
        ("expired", "已过期", "Expired", "已过期", "Expired", RESTING),
        ("returned", "已收回", "Returned", "已收回", "Returned", RESTING),
        ("formatted", "待再用", "Ready for reuse", "已格式化", "Formatted", RESTING),
        ("void", "已销卡", "Scrapped", "已销卡", "Scrapped", FINAL),
    ),
    "card_review": _flow(
        ("due", "待整理", "To compile", "到期", "Due"),
        ("compiled", "待核对", "To reconcile", "已整理", "Compiled"),
        ("reconciled", "待关闭", "To close", "已核对", "Reconciled"),
        ("closed", "已归档", "Filed", "已归档", "Filed", FINAL),
    ),
    "periodic_report": _flow(
        ("due", "待编制", "To compile", "到期", "Due"),
        ("compiled", "待上呈", "To submit", "已编制", "Compiled"),
        ("submitted", "待审阅", "To review", "已上呈", "Submitted"),
        ("reviewed", "已审阅", "Reviewed", "已审阅", "Reviewed", RESTING),
        ("returned", "退回修改", "To revise", "已退回", "Returned"),
        ("published", "已公布", "Published", "已公布", "Published", FINAL),
    ),
    "notice": _flow(
        ("draft", "待审批", "To approve", "已拟稿", "Drafted"),
        ("approved", "待张贴", "To post", "已批准", "Approved"),
        ("published", "公示中", "On display", "已发布", "Published", RESTING),
        ("withdrawn", "已撤下", "Withdrawn", "已撤下", "Withdrawn", FINAL),
    ),
    "controlled_document": _flow(
        ("draft", "待审核", "To review", "已编制", "Drafted"),
        ("reviewed", "待批准", "To approve", "已审核", "Reviewed"),
        ("approved", "待生效", "To take effect", "已批准", "Approved"),
        ("effective", "现行有效", "In force", "已生效", "Took effect", RESTING),
        ("superseded", "已换版", "Superseded", "已换版", "Superseded", FINAL),
    ),
    "procedure_review": _flow(
        ("due", "待复审", "To review", "到期", "Due"),
        ("in_review", "复审中", "In review", "复审中", "Review begun"),
        ("reported", "待批准", "To approve", "已出报告", "Reported"),
        ("approved", "待实施", "To take effect", "已批准", "Approved"),
        ("effective", "已实施", "In effect", "已实施", "Took effect", FINAL),
    ),
    "arrears": _flow(
        ("open", "欠费", "In arrears", "已列入", "Listed"),
        ("reminded", "已提醒", "Reminded", "已提醒", "Reminded"),
        ("promised", "已承诺", "Promised", "已承诺缴费", "Payment promised"),
        ("settled", "已结清", "Settled", "已结清", "Settled", FINAL),
    ),
    "disclosure": _flow(
        ("asked", "待决定", "To decide", "已申请", "Asked"),
        ("decided", "待提供", "To give", "已决定", "Decided"),
        ("refused", "不予提供", "Refused", "不予提供", "Refused", FINAL),
        ("given", "已提供", "Given", "已提供", "Given", RESTING),
        (
            "withdrawn",
            "授权已撤回",
            "Consent withdrawn",
            "授权已撤回",
            "Consent withdrawn",
            FINAL,
        ),
    ),
    "letter": _flow(
        ("recorded", "待派送", "To deliver", "已登记", "Recorded"),
        ("delivered", "待归档", "To file", "已签收", "Signed for"),
        ("closed", "已归档", "Filed", "已归档", "Filed", FINAL),
    ),
    "work_plan": _flow(
        ("planned", "执行中", "Being carried out", "已制定", "Planned"),
        ("done", "待总结", "To sum up", "已完成", "Done"),
        ("closed", "已总结", "Summed up", "已总结", "Summed up", FINAL),
    ),
    "duty": _flow(
        ("due", "待办", "To do", "到期", "Due"),
        ("done", "已办", "Done", "已办", "Done", FINAL),
        ("missed", "未办", "Not done", "未办", "Not done", FINAL),
    ),
}
STATES["revisit_agreement"] = STATES["agreement"]

OPENINGS: dict[str, str] = dict(
    pair.split("=")
    for pair in (
        "reception=register info_log=record dispatch=create repair=create rework=issue"
        " service_order=create complaint=receive corrective_action=raise"
        " external_report=draft incident=report revisit_plan=plan revisit=plan"
        " home_visit=plan engineering_revisit=plan survey=draft suggestion=record"
        " praise=record lost_found=register handover=open inspection=open"
        " transfer=open agreement=draft revisit_agreement=draft lease=draft"
        " release_pass=draft card_application=draft card=stock card_review=raise"
        " periodic_report=raise notice=draft controlled_document=draft"
        " procedure_review=raise arrears=open disclosure=ask letter=record"
        " work_plan=plan duty=raise"
    ).split()
)
"""The move that opens a case, by record type."""
