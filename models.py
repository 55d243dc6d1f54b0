"""Every record type of the office, in the order of its menu. Declarations only.

Index: 档案 Estate · 业主 People · 接待 Reception · 派工 Service · 投诉 Complaints ·
突发 Incidents · 回访 Follow-up visits · 交付 Handover · 收费 Money ·
放行 Goods release · 卡务 Cards ·
统计 Reports and meetings · 内务 Office · 规则 Policy · 系统 System

A class is a table, a screen, a list, a form, a place in search, history and rights.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core import columns as c
from core.base import Book, Mark
from core.fingerprint import LENGTH
from core.privacy import Secret
from core.record import Case, Log, Master, Part, Policy
from rules.cards import PAPERS as CARD_PAPERS
from rules.flows import FLOWS
from rules.flows.homes import PAPERS, STEPS
from rules.flows.transfers import BOXES
from rules.homes import AGREEMENTS

ROLES = (
    ("receptionist", "接待员", "Receptionist"),
    ("supervisor", "客服主管", "Customer-service supervisor"),
    ("manager", "项目经理", "Project manager"),
    ("handler", "责任部门", "Responsible department"),
    ("guard", "门岗", "Gate guard"),
    ("finance", "财务", "Finance"),
    ("staff", "员工", "Staff"),
    ("auditor", "只读", "Auditor"),
    ("admin", "系统管理员", "System administrator"),
)

# --- 档案 Estate ---


class Company(Master):
    """The property company whose office this is."""

    title = ("物业公司", "Property company")
    about = (
        "物业公司名称，用于协议甲方、收据和打印抬头。",
        "The company's name on agreements, receipts and prints.",
    )
    group = "estate"
    section = "estate"
    owner = "office"
    rows = ("A01",)
    show = ("name", "branch", "phone", "address")
    search = ("name", "branch")

    name = c.text("公司名称", "Company name", required=True, row="A01")
    branch = c.text("分公司", "Branch", row="A01")
    party_name = c.text("协议甲方名称", "Party A in agreements", row="A01")
    issuer_name = c.text("收据出具单位", "Issuer of receipts", row="A01")
    phone = c.text("公司电话", "Company telephone", size=40)
    address = c.text("地址", "Address")


class Project(Master):
    """A managed estate: the scope of people, records and rights."""

    title = ("项目", "Project")
    about = (
        "一个小区、管理处或写字楼；物业类型决定走访频率。",
        "One managed estate; its property type sets how often homes are visited.",
    )
    group = "estate"
    section = "estate"
    rows = ("A02",)
    show = ("name", "code", "property_type", "phone", "takeover_on", "delivered_on")
    search = ("name", "code", "developer")

    company_id = c.ref("物业公司", "Property company", "company", required=True)
    name = c.text("项目名称", "Project name", required=True, row="A02")
    code = c.text("项目代号", "Project code", size=20, row="A02")
    property_type = c.choice(
        "物业类型",
        "Property type",
        ("residential", "住宅小区", "Residential"),
        ("commercial", "商业综合体", "Commercial complex"),
        ("office", "写字楼", "Office"),
        ("other", "其它", "Other"),
        required=True,
        row="A02",
    )
    address = c.text("地址", "Address")
    phone = c.text("前台电话", "Front desk telephone", size=40)
    developer = c.text("开发商", "Developer", row="A02")
    phase = c.text("分期", "Phase", size=40, row="A02")
    takeover_on = c.date("接管日期", "Taken over on", row="A02")
    delivered_on = c.date(
        "交付日期",
        "Delivered on",
        row="A02",
        help=(
            "房屋、楼栋没有单独的交付日期时用这一天。",
            "Used where a building or home has no delivery date of its own.",
        ),
    )
    meter_to_household = c.yes(
        "抄表到户",
        "Meters read to the household",
        row="A02",
        help=(
            "抄表到户不收水电预收款。",
            "Then no water and power prepayment is taken.",
        ),
    )


class Department(Master):
    """A department, business line or team that cases are passed to."""

    title = ("部门/班组", "Department")
    about = (
        "派工和转交的去处；负责人在“岗位授权”里指定。",
        "Where cases are passed to; its head is named under role assignments.",
    )
    group = "estate"
    section = "estate"
    rows = ("A08",)
    show = ("name", "level", "function", "above_id", "phone")
    search = ("name",)

    name = c.text("名称", "Name", required=True, row="A08")
    level = c.choice(
        "层级",
        "Level",
        ("department", "部门", "Department"),
        ("line", "业务口", "Business line"),
        ("team", "班组", "Team"),
        row="A08",
    )
    function = c.word("职能", "Function", "department_function")
    above_id = c.ref("上级部门", "Part of", "department")
    phone = c.text("电话", "Telephone", size=40)
    active = c.yes("在用", "In use", default=True)


class Responsibility(Part):
    """A category of matters that a department answers for."""

    title = ("负责的类别", "Responsibility")
    about = (
        "这个部门负责哪些类别，派工时自动带出。",
        "Categories the department answers for; proposed when dispatching.",
    )
    group = "estate"
    section = "estate"
    parent = "department"
    rows = ("A08",)
    label_column = "matter"
    show = ("category", "complaint_category", "matter")

    department_id = c.ref("部门", "Department", "department", required=True)
    category = c.word("接待类别", "Reception category", "reception_category", row="A08")
    complaint_category = c.word(
        "投诉分类", "Complaint category", "complaint_category", row="A08"
    )
    matter = c.text("具体事项", "Matter", row="A08")


class Staff(Master):
    """A person who works here, with the job description; may have a login."""

    title = ("员工与岗位说明书", "Staff member")
    about = (
        "员工名册和岗位职务说明书；登录账号另在“用户”里开。",
        "The people who work here and their job descriptions; logins are kept apart.",
    )
    group = "staff"
    section = "estate"
    rows = ("A09",)
    own = ("id",)
    show = ("name", "position", "department_id", "superior_id", "active")
    search = ("name", "code", "duties")

    name = c.text("姓名", "Name", required=True, row="A09", index=True)
    code = c.text("工号", "Staff number", size=20)
    position = c.word("岗位名称", "Position", "position", row="A09")
    department_id = c.ref("所属部门", "Department", "department", row="A09")
    grade = c.text("职务等级", "Grade", size=40, row="A09")
    superior_id = c.ref("直接主管", "Direct superior", "staff", row="A09")
    phone = Secret("电话", "Telephone", mask="phone", tail=True)
    email = c.text(
        "电子邮箱",
        "E-mail",
        size=120,
        help=(
            "没有账号的人（如总经理）凭邮箱收逾期抄送。",
            "How people without a login, such as a general manager, get notices.",
        ),
    )
    duties = c.long("职责", "Duties", row="A09")
    authority = c.long("职权", "Authority", row="A09")
    education = c.text("学历", "Education", row="A09")
    knowledge = c.text("知识", "Knowledge", size=1000, row="A09")
    skills = c.text("技能", "Skills", size=1000, row="A09")
    experience = c.text("经验", "Experience", size=1000, row="A09")
    health = c.text("身体状况", "Health", personal="text", row="A09")
    signature = c.text("实施者签字", "Holder's signature", size=60, row="A09")
    signed_on = c.date("签字日期", "Signed on", row="A09")
    joined_on = c.date("入职日期", "Joined on")
    left_on = c.date("离职日期", "Left on")
    active = c.yes("在职", "Employed", default=True)


class Zone(Master):
    """An area of homes with the property officer or butler who looks after it."""

    title = ("片区", "Zone")
    about = (
        "片区和负责的管家；哪些房屋属于片区，在房屋里选。",
        "An area and its butler; homes name the zone they belong to.",
    )
    group = "place"
    section = "estate"
    rows = ("A04",)
    show = ("name", "staff_id", "since", "until")
    search = ("name", "area")

    name = c.text("片区名称", "Zone name", required=True, row="A04")
    area = c.text("范围", "Area covered", size=1000, row="A04")
    staff_id = c.ref("片区管家", "Butler or property officer", "staff", row="A04")
    since = c.date("负责起", "In charge from", row="A04")
    until = c.date("负责至", "In charge until", row="A04")


class Building(Master):
    """A building of the project."""

    title = ("楼栋", "Building")
    about = (
        "楼栋、单元排列和户数；房号的第一段取自代号。",
        "Buildings, how they are arranged and how many homes each has.",
    )
    group = "estate"
    section = "estate"
    rows = ("A03", "A02")
    show = ("name", "code", "entrances", "floors", "households", "delivered_on")
    search = ("name", "alias")

    name = c.text("楼栋名称", "Building name", required=True, row="A03")
    code = c.text(
        "代号",
        "Short code",
        size=20,
        required=True,
        help=("房号开头的一段，如 3、A、66弄28。", "How home numbers begin: 3, A, V."),
    )
    alias = c.text("别的叫法", "Other names")
    position = c.integer("排列顺序", "Order in lists")
    arrangement = c.text("单元房号排列", "Arrangement", size=1000, row="A03")
    entrances = c.integer("单元数", "Entrances", high=100)
    floors = c.integer("层数", "Floors", high=200)
    households = c.integer("户数", "Number of households", high=10_000, row="A03")
    phase = c.text("期", "Phase", size=40, row="A02")
    delivered_on = c.date("交付日期", "Delivered on", row="A02")


class Unit(Master):
    """One dwelling, shop or office: the thing a household lives in."""

    title = ("房屋", "Home")
    about = (
        "一户一条；“单元”是楼栋里的一个门，不是一户。",
        "One home, shop or office a record; an entrance is a door of the building.",
    )
    group = "place"
    section = "estate"
    rows = ("A03",)
    show = ("name", "spoken", "usage", "occupancy", "zone_id", "area", "delivered_on")
    search = ("name", "spoken")

    building_id = c.ref("楼栋", "Building", "building", required=True, row="A03")
    entrance = c.text(
        "单元",
        "Entrance",
        size=20,
        row="A03",
        help=("楼栋里的一个门（梯），没有就空着。", "A door of the building, if any."),
    )
    floor = c.text("楼层", "Floor", size=20, row="A03")
    room = c.text("室", "Room", size=20, required=True, row="A03")
    name = c.text(
        "房号",
        "Home number",
        size=60,
        required=True,
        row="A03",
        index=True,
        help=("平时怎么打就怎么写，如 3-2-1201。", "As people type it: 3-2-1201."),
    )
    spoken = c.text(
        "全称", "Spoken name", size=80, help=("如 3栋2单元1201。", "In full words.")
    )
    floor_order = c.integer(
        "楼层顺序",
        "Floor order",
        low=-20,
        high=300,
        help=("按实际楼层排，3A 填 4。", "The real storey, so that 3A sorts as 4."),
    )
    usage = c.word("房屋用途", "Use", "unit_usage")
    area = c.decimal("建筑面积", "Area", unit=("平方米", "m²"), row="A03")
    zone_id = c.ref("片区", "Zone", "zone", row="A03")
    delivered_on = c.date("交付日期", "Delivered on", row="A03")
    occupancy = c.word("入住情况", "Occupancy", "occupancy_state", row="A03")
    note = c.text("备注", "Note", size=1000)


class ExternalParty(Master):
    """An organisation outside the office that cases are passed or reported to."""

    title = ("外部单位", "External party")
    about = (
        "开发商、市政、政府、外包、警务室、银行等单位的联系方式。",
        "How to reach the developer, utilities, authorities, contractors and banks.",
    )
    group = "estate"
    section = "estate"
    owner = "office"
    rows = ("A11",)
    show = ("name", "party_kind", "contact", "phone", "service_scope", "project_id")
    search = ("name", "service_scope", "note")

    name = c.text("单位名称", "Name", required=True, row="A11")
    party_kind = c.word("类别", "Kind", "external_kind", row="A11")
    contact = c.text("联系人", "Contact", size=60, row="A11")
    phone = c.text(
        "单位电话",
        "Telephone",
        size=60,
        row="A11",
        help=(
            "单位或值班电话，不填个人手机。",
            "The organisation's or duty number, not somebody's own.",
        ),
    )
    email = c.text("电子邮箱", "E-mail", size=120, row="A11")
    address = c.text("地址", "Address", row="A11")
    service_scope = c.text("负责什么", "What they do", size=1000)
    contract_until = c.date("合同到期", "Contract until")
    project_id = c.ref(
        "项目",
        "Project",
        "project",
        row="A11",
        help=("空着表示各项目通用。", "Empty means every project."),
    )
    note = c.text("备注", "Note", size=1000)


class ComplaintChannel(Master):
    """A published way to complain."""

    title = ("投诉渠道", "Complaint channel")
    about = (
        "向业主公布的投诉电话、信箱、地址和联系人。",
        "The telephones, boxes and addresses published for complaints.",
    )
    group = "estate"
    section = "estate"
    rows = ("A10",)
    label_column = "value"
    show = ("channel_kind", "value", "contact", "hours", "published_on", "active")
    search = ("value", "contact")

    channel_kind = c.word(
        "渠道", "Channel", "complaint_channel_kind", required=True, row="A10"
    )
    value = c.text("号码或地址", "Number or address", required=True, row="A10")
    contact = c.text("联系人", "Contact person", size=60, row="A10")
    hours = c.text("受理时间", "Hours", size=60)
    published_on = c.date("公布日期", "Published on", row="A10")
    active = c.yes("在用", "In use", default=True)


class ParkingSpace(Master):
    """A parking space of the project."""

    title = ("车位", "Parking space")
    about = (
        "车位编号、位置和来源；租用与服务协议按车位签订。",
        "Spaces, where they are and how they are held; agreements name one.",
    )
    group = "estate"
    section = "estate"
    rows = ("A82", "A83", "A100")
    show = ("name", "place", "tenure", "unit_id", "active")
    search = ("name", "place")

    name = c.text(
        "车位号",
        "Space number",
        size=60,
        required=True,
        row="A82",
        index=True,
        help=("如 B1-126、B1-126/127。", "For example B1-126 or B1-126/127."),
    )
    place = c.text("位置", "Place", row="A82")
    tenure = c.choice(
        "来源",
        "Tenure",
        ("gift", "赠送", "Gift"),
        ("bought", "购买", "Bought"),
        ("rented", "租用", "Rented out"),
        ("visitor", "临停", "For visitors"),
        ("other", "其它", "Other"),
        row="A83",
    )
    unit_id = c.ref("所属房屋", "Home", "unit", row="A83")
    area = c.decimal("面积", "Area", unit=("平方米", "m²"))
    active = c.yes("在用", "In use", default=True)
    note = c.text("备注", "Note", size=1000)


# --- 业主 People ---


class Person(Master):
    """Whoever the office serves: owner, family member, tenant, merchant or other."""

    title = ("业主住户", "Customer")
    about = (
        "一人一卡；与房屋的关系、起止日期在下面的“住户关系”里。",
        "One card a person; the homes he belongs to are lines below it.",
    )
    group = "people"
    section = "people"
    rows = ("A05", "A06", "A07")
    own = ("case.person_id",)
    books = (
        Book("data_card", ("业主住户资料卡", "Owner and resident data cards")),
        Book("customer_file", ("客户档案", "Customer files")),
        Book("phone_book", ("业主电话簿", "Owner telephone book")),
    )
    show = (
        "name",
        "customer_kind",
        "phone",
        "customer_group",
        "function",
        "checked_on",
    )
    search = ("name", "organisation", "needs")

    name = c.text(
        "姓名", "Name", size=80, personal="name", required=True, row="A05", index=True
    )
    salutation = c.text(
        "称呼",
        "Salutation",
        size=20,
        personal="name",
        help=("如陈女士、周先生。", "How he or she is addressed."),
    )
    customer_kind = c.choice(
        "身份",
        "Kind",
        ("owner", "业主", "Owner"),
        ("family", "家庭成员", "Household member"),
        ("tenant", "租户", "Tenant"),
        ("merchant", "商户", "Merchant"),
        ("campus", "老师/同学", "Teacher or student"),
        ("user", "其他用户", "Other user"),
        required=True,
        row="A05",
    )
    organisation = c.text("单位或店名", "Company or shop")
    phone = Secret("电话", "Telephone", mask="phone", tail=True, row="A05")
    other_phone = Secret(
        "其它电话", "Other telephone", mask="phone", tail=True, row="A06"
    )
    email = c.text("电子邮箱", "E-mail", size=120, personal="text", row="A06")
    id_number = Secret("身份证号", "Identity number", mask="id", row="A05")
    emergency_name = c.text(
        "紧急联系人", "Emergency contact", size=80, personal="name", row="A05"
    )
    emergency_phone = Secret(
        "紧急联系电话", "Emergency telephone", mask="phone", tail=True, row="A05"
    )
    bank_name = c.text("开户银行", "Bank", row="A06")
    bank_account = Secret("扣款账户", "Deduction account", mask="account", row="A05")
    needs = c.long("需求", "Needs", personal="text", row="A05")
    interests = c.text(
        "爱好特长", "Hobbies and specialities", size=1000, personal="text", row="A05"
    )
    care = c.several(
        "留意",
        "Take care",
        ("elderly_alone", "老人独居", "Elderly, living alone"),
        ("infant", "有婴幼儿", "Small children"),
        ("disability", "行动不便", "Reduced mobility"),
        ("dog", "养犬", "Keeps a dog"),
        personal="text",
    )
    convenient_time = c.text("方便的时间", "Convenient time", size=80, row="A05")
    revisit_mode = c.word(
        "希望的回访方式", "Preferred revisit mode", "revisit_mode", row="A05"
    )
    customer_group = c.word("客户分组", "Customer group", "customer_group", row="A05")
    function = c.word(
        "社区职务",
        "Function",
        "resident_function",
        help=("业委会委员、楼长等。", "Owners' committee member, building leader ..."),
    )
    since = c.date("成为客户", "Customer since", row="A05")
    until = c.date("不再是客户", "Customer until", row="A05")
    notice_given_on = c.date("告知个人信息用途", "Privacy notice given on")
    publish_consent = c.yes("同意公布姓名", "Name may be published")
    filled_by_id = c.ref("填写协助人", "Filled in with", "staff", row="A06")
    collected_on = c.date("收集日期", "Collected on", row="A06")
    checked_on = c.date("资料更新日期", "Last updated on", row="A06")
    change_cause = c.text(
        "电话更改原因",
        "Cause of the change",
        row="A07",
        help=("如更名、换号。", "A change of ownership, a new number ..."),
    )


class Occupancy(Part):
    """How a person belongs to a home, from when until when."""

    title = ("住户关系", "Occupancy")
    about = (
        "谁在哪一户、什么身份、从哪天到哪天。",
        "Who belongs to which home, as what, from when until when.",
    )
    group = "people"
    section = "people"
    parent = "person"
    parents = ("person", "unit")
    rows = ("A05", "A06", "A07")
    own = ("case.person_id",)
    label_column = "relation"
    show = ("person_id", "unit_id", "relation", "kinship", "main_contact", "until")

    person_id = c.ref("客户", "Customer", "person", required=True)
    unit_id = c.ref("房屋", "Home", "unit", required=True, row="A05")
    relation = c.choice(
        "关系",
        "Relation",
        ("owner", "业主", "Owner"),
        ("co_owner", "共有人", "Co-owner"),
        ("family", "家庭成员", "Household member"),
        ("tenant", "租户", "Tenant"),
        ("merchant", "商户", "Merchant"),
        ("agent", "代理人", "Agent"),
        ("user", "其他使用人", "Other user"),
        required=True,
        row="A05",
    )
    kinship = c.text(
        "与业主关系",
        "Relation to the owner",
        size=40,
        row="A05",
        help=("如配偶、父母、子女、保姆。", "Spouse, parent, child, carer ..."),
    )
    living = c.yes("在此居住", "Lives here", default=True)
    main_contact = c.yes("主要联系人", "Main contact")
    since = c.date("起", "From", row="A05")
    until = c.date("止", "Until", row="A05", index=True)


class Vehicle(Master):
    """A vehicle with the papers seen for it and its driver."""

    title = ("车辆与驾驶证件", "Vehicle")
    about = (
        "车牌、车主、驾驶人和两证；挪车时按车牌查人。",
        "Plates, owners, drivers and licences; the plate leads to the person.",
    )
    group = "people"
    section = "people"
    rows = ("A102",)
    own = ("case.person_id",)
    label_column = "plate"
    show = ("plate", "person_id", "unit_id", "parking_space_id", "model", "active")
    search = ("plate", "model")

    plate = c.text("车牌号", "Plate", size=20, required=True, row="A102", index=True)
    person_id = c.ref("车主", "Owner", "person", row="A102")
    owner_name = c.text(
        "行驶证所有人",
        "Owner on the licence",
        size=80,
        personal="name",
        row="A102",
        help=("与车主不同时填写。", "Only if it is not the customer."),
    )
    unit_id = c.ref("房屋", "Home", "unit")
    parking_space_id = c.ref("车位", "Parking space", "parking_space")
    model = c.text("品牌颜色", "Make and colour", size=80)
    vehicle_licence_copied = c.yes("行驶证已复印", "Vehicle licence copied", row="A102")
    driver = c.text("驾驶人", "Driver", size=80, personal="name", row="A102")
    driving_licence = Secret("驾驶证号", "Driving licence", mask="id", row="A102")
    driving_licence_copied = c.yes("驾驶证已复印", "Driving licence copied", row="A102")
    licence_until = c.date("驾驶证有效期至", "Licence valid until", row="A102")
    active = c.yes("在用", "In use", default=True)


class Lease(Case):
    """A lease between an owner and a tenant, registered and copied by the office."""

    title = ("房屋租赁合同", "Lease")
    about = (
        "业主与租户签的合同，物业登记备案；门禁卡有效期不超过租期。",
        "The owner's lease to a tenant; a tenant's card never outlives it.",
    )
    group = "papers"
    section = "people"
    rows = ("A91",)
    flow = FLOWS["lease"]
    spine = ("unit_id", "person_id", "holder_id")
    labels = {"person_id": ("租户", "Tenant"), "holder_id": ("经办人", "Handled by")}
    required = ("unit_id", "person_id")
    show = ("number", "unit_id", "person_id", "starts_on", "ends_on", "state")
    search = ("note",)

    landlord_id = c.ref("出租人", "Landlord", "person")
    starts_on = c.date("租期起", "Lease from", row="A91")
    ends_on = c.date("租期止", "Lease until", required=True, row="A91", index=True)
    seen_on = c.date("验看日期", "Seen on", row="A91")
    copy_kept = c.yes("已留复印件", "Copy kept", row="A91")
    ended_on = c.date("终止日期", "Ended on")
    end_reason = c.choice(
        "终止原因",
        "Why it ended",
        ("moved_out", "退租", "Tenant left"),
        ("sold", "房屋出售", "Home sold"),
        ("cancelled", "解约", "Cancelled"),
        ("other", "其它", "Other"),
    )
    note = c.text("备注", "Note", size=1000)


class DocumentCopy(Log):
    """A copy taken of somebody's paper, and whether the original was seen."""

    title = ("证件复印件", "Copy of a paper")
    about = (
        "收存的证件复印件；扫描件作附件，用途结束后销毁。",
        "Copies of papers; a scan is attached, and destroyed when no longer needed.",
    )
    group = "papers"
    section = "people"
    rows = ("A79",)
    label_column = "paper"
    show = ("paper", "person_id", "unit_id", "copies", "original_seen", "received_on")
    search = ("purpose",)

    paper = c.word("证件", "Paper", "paper_kind", required=True, row="A79")
    person_id = c.ref("客户", "Customer", "person", required=True, row="A79")
    unit_id = c.ref("房屋", "Home", "unit")
    copies = c.integer("份数", "Number of copies", low=1, high=100, row="A79")
    original_seen = c.yes("已验原件", "Original seen", row="A79")
    received_on = c.date(
        "收取日期", "Received on", required=True, row="A79", index=True
    )
    purpose = c.text(
        "用途", "Purpose", help=("如交付、更名、办卡、车位。", "What it was taken for.")
    )
    kept_at = c.text("存放处", "Kept at", size=80, row="A79")
    keep_until = c.date("保存至", "Keep until", index=True)
    destroyed_on = c.date("销毁日期", "Destroyed on")


class Disclosure(Case):
    """A request for somebody's personal data, its basis and what was given."""

    title = ("个人信息提供授权", "Disclosure of personal data")
    about = (
        "把业主信息提供给别人前先登记：谁要、要什么、凭什么。",
        "Before data leaves the office: who asks, for what, and on which basis.",
    )
    group = "disclosure"
    section = "people"
    rows = ("A110",)
    flow = FLOWS["disclosure"]
    spine = ("person_id", "unit_id", "received_at", "channel", "content", "holder_id")
    labels = {
        "person_id": ("业主", "Owner"),
        "received_at": ("申请时间", "Asked at"),
        "content": ("要什么、做什么用", "What for"),
        "holder_id": ("经办人", "Handled by"),
    }
    required = ("person_id", "content")
    show = ("number", "person_id", "recipient", "data", "basis", "state", "given_on")
    search = ("content", "recipient", "basis_note")

    recipient = c.text("提供给谁", "Recipient", required=True, row="A110")
    data = c.several(
        "提供哪些信息",
        "Data",
        ("name", "姓名", "Name"),
        ("phone", "电话", "Telephone"),
        ("home", "房号", "Home"),
        ("identity", "证件号码", "Identity number"),
        ("family", "家庭成员", "Household"),
        ("vehicle", "车辆", "Vehicle"),
        ("account", "银行账户", "Bank account"),
        ("footage", "监控录像", "Camera footage"),
        ("other", "其它", "Other"),
        row="A110",
    )
    basis = c.choice(
        "依据",
        "Basis",
        ("authorisation", "业主明确授权", "The owner's authorisation"),
        ("law", "法律要求", "Required by law"),
        row="A110",
    )
    basis_note = c.text(
        "授权书或法律文书",
        "Authorisation or legal paper",
        size=1000,
        row="A110",
        help=(
            "编号、出具单位，原件作附件。",
            "Its number and issuer; attach the paper.",
        ),
    )
    decision = c.choice(
        "决定", "Decision", ("agree", "同意", "Agreed"), ("refuse", "不同意", "Refused")
    )
    decision_reason = c.text("理由", "Reason", size=1000)
    decided_by_id = c.ref("决定人", "Decided by", "staff")
    given_on = c.date("提供日期", "Given on", row="A110")
    given_by_id = c.ref("提供人", "Given by", "staff", row="A110")
    withdrawn_on = c.date("撤回授权日期", "Withdrawn on")


# --- 接待 Reception ---


class Reception(Case):
    """Everything that reaches the desk: the owner reception ledger."""

    title = ("业主接待记录表", "Reception record")
    about = (
        "来访、来电、来信都先记这里；选类别后自动开出下一张单。",
        "Every contact begins here; the category opens the next record by itself.",
    )
    group = "reception"
    section = "reception"
    rows = ("A14", "A15", "A18", "A19")
    flow = FLOWS["reception"]
    books = (
        Book("visit", ("顾客接待记录", "Visitor register"), {"channel": "visit"}),
        Book("telephone", ("电话记录", "Telephone log"), {"channel": "telephone"}),
        Book("needs", ("业主需求库", "Owners' needs")),
    )
    spine = (
        "received_at",
        "channel",
        "unit_id",
        "person_id",
        "content",
        "urgent",
        "department_id",
        "holder_id",
    )
    labels = {
        "received_at": ("接待时间", "Received at"),
        "content": ("内容和要求", "Matter and requirement"),
        "department_id": ("转交部门", "Passed to"),
    }
    required = ("channel", "content")
    show = (
        "number",
        "received_at",
        "category",
        "unit_id",
        "content",
        "state",
        "next_due_at",
    )
    search = ("content", "answer", "measures", "department_feedback", "result")

    category = c.word(
        "类别",
        "Category",
        "reception_category",
        required=True,
        row="A14",
        help=(
            "售后、报修、投诉、服务、表扬、建议、其它，选定即开下一张单。",
            "The word that decides which record follows.",
        ),
    )
    other_kind = c.word(
        "其它的小类",
        "Kind of other",
        "reception_other_kind",
        row="A14",
        help=("类别为“其它”时选。", "Only when the category is other."),
    )
    visitor = c.text(
        "来访或来电人",
        "Visitor or caller",
        size=80,
        personal="name",
        row="A19",
        help=("不是在册业主时填写。", "When it is not a registered customer."),
    )
    visitor_phone = Secret(
        "联系电话", "Contact telephone", mask="phone", tail=True, row="A14"
    )
    answer = c.long("当场答复", "Answer given at once", row="A14")
    promised_at = c.moment("预约答复时间", "Reply promised for", row="A14")
    apologised = c.yes("已致歉", "Apology offered", row="A14")
    manager_id = c.ref("请来解释的经理", "Manager called", "staff", row="A14")
    manager_called_at = c.moment("请经理的时间", "Manager called at", row="A14")
    transferred_at = c.moment("转交时间", "Passed on at", row="A14")
    informed = c.text("通知何人", "Party informed", row="A19")
    cause = c.word("原因", "Cause", "cause", row="A14")
    cause_found = c.long("查出的原因", "Cause found", row="A14")
    at_fault_id = c.ref("查出的责任人", "Person at fault", "staff", row="A14")
    measures = c.long("措施", "Measures", row="A14")
    department_feedback = c.long("部门处理反馈", "Department's feedback", row="A14")
    result = c.long("处理结果", "Result", row="A14")
    back_reason = c.word("补录原因", "Reason for late entry", "back_entry_reason")
    merged_into_id = c.ref("并入接待", "Merged into", "reception")


class InfoLog(Case):
    """A piece of work information, answered for by whoever heard it first."""

    title = ("工作信息记录本", "Work information")
    about = (
        "各岗位听到的信息，当天告知前台，谁先接到谁负责到关闭。",
        "What the posts hear; told to the desk the same day, followed until closed.",
    )
    group = "reception"
    section = "reception"
    rows = ("A16",)
    variants = ("urgent", "info_kind")
    flow = FLOWS["info_log"]
    spine = (
        "received_at",
        "channel",
        "unit_id",
        "person_id",
        "content",
        "urgent",
        "department_id",
        "holder_id",
    )
    labels = {
        "department_id": ("派往部门", "Dispatched to"),
        "holder_id": ("首问责任人", "First receiver"),
    }
    required = ("content",)
    show = (
        "number",
        "received_at",
        "info_source",
        "info_kind",
        "content",
        "holder_id",
        "state",
    )
    search = ("content", "follow_up", "result")

    info_source = c.word("来源", "Source", "info_source", row="A16")
    info_kind = c.word("信息类别", "Kind", "info_kind", row="A16")
    reported_by_id = c.ref("报告人", "Reported by", "staff", row="A16")
    reporter = c.text(
        "报告人（非员工）", "Reporter from outside", size=80, personal="name", row="A16"
    )
    desk_told_at = c.moment("告知前台时间", "Desk told at", row="A16")
    dispatched_at = c.moment("派单时间", "Dispatched at", row="A16")
    head_informed_at = c.moment("告知客服负责人", "Service head informed at", row="A16")
    follow_up = c.long("跟进情况", "Follow-up", row="A16")
    result = c.long("结果", "Result")


class DailyLog(Log):
    """A page of the daily work record or of a work diary."""

    title = ("日工作记录表/工作日记", "Daily work record")
    about = (
        "每日工作与日记；系统故障时先记这里，恢复后补录成正式单据。",
        "Daily work and diaries; matters noted during a fault are entered later.",
    )
    group = "reception"
    section = "reception"
    rows = ("A17", "A20")
    books = (
        Book(
            "daily_record",
            ("日工作记录表", "Daily work record"),
            {"sheet": "daily_record"},
            "QR/PSZ-723-KF01-01",
        ),
        Book("diary", ("工作日记", "Work diary"), {"sheet": "diary"}),
    )
    own = ("created_by_id", "writer_id")
    label_column = "content"
    show = ("day", "sheet", "writer_id", "content", "back_entered", "case_id")
    search = ("content", "unfinished")

    sheet = c.choice(
        "记在",
        "Written in",
        ("daily_record", "日工作记录表", "Daily work record"),
        ("diary", "工作日记", "Work diary"),
        required=True,
        row="A17",
    )
    day = c.date("日期", "Date", required=True, row="A17", index=True, usual="today")
    writer_id = c.ref("记录人", "Written by", "staff", row="A17")
    content = c.long("内容", "Matters", required=True, row="A17")
    unfinished = c.long("未完事项", "Unfinished matters", row="A20")
    reason = c.word(
        "未直接入系统的原因",
        "Why not entered directly",
        "back_entry_reason",
        row="A17",
        help=("选了原因就要补录。", "With a reason the line awaits its record."),
    )
    back_entered = c.yes("已补录", "Entered since", row="A17")
    back_entered_at = c.moment("补录时间", "Entered at", row="A17")
    case_id = c.ref("补录为", "Entered as", "case", row="A17")


class Reply(Part):
    """Something told to the customer about a case, and what was promised next."""

    title = ("回复与预约答复", "Reply")
    about = (
        "回复、进展反馈和预约答复；只约时间，不约结果。",
        "Replies, progress and promised replies; promise a time, not an outcome.",
    )
    group = "reception"
    section = "reception"
    parent = "reception"
    parents = (
        "reception",
        "info_log",
        "lost_found",
        "praise",
        "suggestion",
        "dispatch",
        "repair",
        "rework",
        "service_order",
        "complaint",
        "corrective_action",
        "external_report",
        "incident",
        "revisit",
        "home_visit",
        "engineering_revisit",
        "handover",
        "inspection",
        "transfer",
    )
    rows = ("A21", "A14", "A15", "A16")
    move = "reply"
    own = ("created_by_id", "by_id")
    label_column = "content"
    show = ("replied_at", "by_id", "channel", "content", "promised_at", "kept")
    search = ("content",)

    case_id = c.ref("单据", "Record", "case", required=True, row="A21")
    replied_at = c.moment("回复时间", "Time", required=True, row="A21")
    by_id = c.ref("回复人", "By", "staff", row="A21")
    channel = c.word("方式", "Channel", "channel", row="A21")
    content = c.long("内容", "What was said", required=True, row="A21")
    final = c.yes("最终答复", "Final answer")
    promised_at = c.moment("约定下次答复", "Next reply promised for", row="A21")
    kept = c.choice(
        "按约答复",
        "Promise kept",
        ("yes", "是", "Yes"),
        ("no", "否", "No"),
        row="A21",
    )


class ShiftHandover(Log):
    """What one shift hands over to the next, and the desk to the guard."""

    title = ("交接班记录", "Shift handover")
    about = (
        "交班时的未完事项和当时未办结的单据；交接双方各自确认。",
        "What is left at the change of shift, and the open cases; both sides agree.",
    )
    group = "gate"
    section = "reception"
    rows = ("A109",)
    own = ("created_by_id", "receptionist_id", "guard_id")
    label_column = "content"
    show = ("handed_at", "shift", "receptionist_id", "guard_id", "content")
    search = ("content",)

    handed_at = c.moment(
        "交接时间", "Handed over at", required=True, row="A109", index=True
    )
    shift = c.word("班次", "Shift", "shift", row="A109")
    receptionist_id = c.ref(
        "交班人",
        "Handed over by",
        "staff",
        required=True,
        nullable=True,
        row="A109",
        help=("一般是接待员。", "Usually the receptionist."),
    )
    guard_id = c.ref(
        "接班人",
        "Taken over by",
        "staff",
        required=True,
        nullable=True,
        row="A109",
        help=("保安员或下一班的接待员。", "The guard, or the next receptionist."),
    )
    content = c.long("交接事项", "Matters", required=True, row="A109")
    receptionist_agreed = c.yes(
        "交班人已确认", "Acknowledged by who leaves", row="A109", auto=True
    )
    guard_agreed = c.yes(
        "接班人已确认", "Acknowledged by who comes", row="A109", auto=True
    )
    taken_at = c.moment("接班确认时间", "Taken over at", auto=True)


class ShiftHandoverCase(Part):
    """One case that was open when the shift ended, as it stood then."""

    title = ("未办结单据", "Open cases")
    about = (
        "交班时未办结的单据，按当时的样子留底。",
        "The cases that were open at the change of shift, as they stood then.",
    )
    group = "gate"
    section = "reception"
    rows = ("A109",)
    parent = "shift_handover"
    manual = False
    label_column = "remark"

    shift_handover_id = c.ref(
        "交接班记录", "Shift handover", "shift_handover", required=True
    )
    case_id = c.ref("单据", "Case", "case", required=True, row="A109")
    standing = c.text("当时状态", "State then", size=80)
    due_at = c.moment("到期", "Due")
    counted = c.yes("当天已盘点", "Taken stock that day")
    remark = c.text("备注", "Remark", size=500)


class LostFound(Case):
    """A found article until somebody claims it; also the pet register."""

    title = ("失物招领登记表", "Lost and found")
    about = (
        "捡到的物品登记保管到认领；饲养宠物也记这本，不走认领。",
        "Found articles until they are claimed; pets are entered here too.",
    )
    group = "gate"
    section = "reception"
    rows = ("A28",)
    flow = FLOWS["lost_found"]
    books = (Book("pets", ("饲养宠物登记", "Pet register"), {"entry": "pet"}),)
    intake = ("item", "place", "found_at", "finder")
    spine = ("received_at", "unit_id", "person_id", "content", "holder_id")
    labels = {
        "received_at": ("登记时间", "Registered at"),
        "person_id": ("报告人", "Reporter"),
        "content": ("特征", "Description"),
        "holder_id": ("保管人", "Kept by"),
    }
    show = ("number", "entry", "item", "place", "found_at", "holder_id", "state")
    search = ("item", "place", "content")

    entry = c.word("类别", "Kind", "lost_found_kind", required=True, row="A28")
    item = c.text("物品或宠物", "Article or pet", required=True, row="A28")
    place = c.text("地点", "Place", row="A28")
    found_at = c.moment("拾到时间", "Found at", row="A28")
    reporter = c.text(
        "报告人（非业主）", "Other reporter", size=80, personal="name", row="A28"
    )
    finder = c.text("拾到人", "Finder", size=80, personal="name", row="A28")
    counted_by_id = c.ref("共同清点人", "Counted with", "staff")
    kept_at = c.text("保管处", "Kept at", size=80)
    published_on = c.date("公示日期", "Published on")
    licence = c.text("犬证号", "Dog licence", size=40)
    claimant = c.text("认领人", "Claimant", size=80, personal="name", row="A28")
    claimant_phone = Secret(
        "认领人电话", "Claimant's telephone", mask="phone", tail=True, row="A28"
    )
    claimant_id_number = Secret(
        "认领人证件号", "Claimant's identity number", mask="id", row="A28"
    )
    identity_check = c.text(
        "核对情况",
        "Identity check",
        size=1000,
        row="A28",
        help=(
            "说对了哪些特征、看了什么证件。",
            "What was described, which paper seen.",
        ),
    )
    claim_signature = c.text("认领签字", "Claim signature", size=60, row="A28")
    claimed_at = c.moment("认领时间", "Claimed at", row="A28")
    handed_to = c.text(
        "无人认领移交", "Handed on to", help=("如派出所。", "The police.")
    )


class Praise(Case):
    """Praise by an owner, verified before anybody is rewarded for it."""

    title = ("表扬记录", "Praise")
    about = (
        "业主的表扬；查证属实后按《员工手册》处理，公布姓名须本人同意。",
        "Praise is verified, then rewarded; names are published only with consent.",
    )
    group = "reception"
    section = "reception"
    rows = ("A26",)
    flow = FLOWS["praise"]
    spine = (
        "received_at",
        "channel",
        "unit_id",
        "person_id",
        "content",
        "department_id",
        "holder_id",
    )
    labels = {
        "content": ("事迹", "Facts"),
        "department_id": ("被表扬部门", "Department praised"),
        "holder_id": ("经办人", "Handled by"),
    }
    required = ("content",)
    beside = ("conduct",)
    show = ("number", "person_id", "praised_id", "content", "verified", "state")
    search = ("content", "praised", "decision")

    praised_id = c.ref("被表扬人", "Person praised", "staff", row="A26")
    praised = c.text("被表扬人（外包或不详）", "Others praised", row="A26")
    verified = c.choice(
        "查证",
        "Verified",
        ("true", "属实", "True"),
        ("untrue", "不属实", "Not true"),
        row="A26",
    )
    verified_by_id = c.ref("查证人", "Verified by", "staff", row="A26")
    verified_on = c.date("查证日期", "Verified on", row="A26")
    decision = c.text("奖励决定", "Reward decided", size=1000, row="A26")
    handbook_clause = c.text("《员工手册》条款", "Handbook clause", size=80, row="A26")
    rewarded_on = c.date("表彰日期", "Rewarded on", row="A26")
    name_consent = c.yes("业主同意公布姓名", "Owner's name may be published")


class Suggestion(Case):
    """An owner's suggestion, decided by the manager and answered in public."""

    title = ("建议记录", "Suggestion")
    about = (
        "业主的合理化建议：上报经理，采纳的张榜公布措施，不采纳的答复理由。",
        "Suggestions go to the manager; measures are posted, refusals explained.",
    )
    group = "reception"
    section = "reception"
    rows = ("A27", "A113")
    flow = FLOWS["suggestion"]
    books = (
        Book(
            "commendation",
            ("爱我小区/文明户", "Commended residents"),
            {"commendation": "commended"},
        ),
    )
    spine = ("received_at", "channel", "unit_id", "person_id", "content", "holder_id")
    labels = {
        "person_id": ("建议人", "Proposer"),
        "content": ("建议内容", "Suggestion"),
        "holder_id": ("经办人", "Handled by"),
    }
    required = ("content",)
    show = ("number", "person_id", "content", "decision", "state", "next_due_at")
    search = ("content", "decision_reason", "measures")

    proposer = c.text(
        "建议人（非在册）", "Other proposer", size=80, personal="name", row="A27"
    )
    reported_to_id = c.ref("上报给", "Reported to", "staff", row="A27")
    reported_on = c.date("上报日期", "Reported on", row="A27")
    decision = c.choice(
        "决定",
        "Decision",
        ("adopt", "采纳", "Adopted"),
        ("plan", "制定整改计划", "Rectification planned"),
        ("decline", "不采纳", "Declined"),
        row="A27",
    )
    decision_reason = c.text("理由", "Reason", size=1000, row="A27")
    measures = c.long("整改措施", "Measures", row="A27")
    measures_posted_on = c.date("措施公布日期", "Measures posted on", row="A27")
    commendation = c.choice(
        "爱我小区",
        "Commendation",
        ("proposed", "拟表扬", "Proposed"),
        ("commended", "已上榜", "Commended"),
        row="A27",
    )
    posted_on = c.date("上榜日期", "Commended on", row="A113")
    name_consent = c.yes("本人同意公布姓名", "Name may be published", row="A113")
    household_priority = c.yes("文明户优先", "Priority as a model home", row="A27")


class OutsideVisit(Log):
    """A visit by officials, leaders or other property companies."""

    title = ("参观来访接待", "Outside visit")
    about = (
        "领导参观、同行交流等来访的接待安排。",
        "Visits by leaders, authorities and other property companies.",
    )
    group = "reception"
    section = "reception"
    rows = ("A31",)
    own = ("created_by_id", "host_id")
    label_column = "visitors"
    show = ("visited_at", "visitors", "organisation", "host_id", "purpose")
    search = ("visitors", "organisation", "purpose", "notes")

    visited_at = c.moment(
        "来访时间", "Visited at", required=True, row="A31", index=True
    )
    visit_kind = c.choice(
        "来访类别",
        "Kind of visit",
        ("leader", "领导参观", "Leaders"),
        ("peer", "同行参观", "Other property companies"),
        ("authority", "主管部门检查", "Inspection by an authority"),
        ("other", "其它", "Other"),
        row="A31",
    )
    visitors = c.text("来访人员", "Visitors", size=1000, required=True, row="A31")
    head_count = c.integer("人数", "Number of visitors", low=1, high=10_000)
    organisation = c.text("来访单位", "Organisation", row="A31")
    host_id = c.ref("接待负责人", "Host", "staff", row="A31")
    purpose = c.text("来访目的", "Purpose", size=1000, row="A31")
    notes = c.long("接待情况", "Notes", row="A31")


class Letter(Case):
    """A letter or piece of mail, in or out, until somebody signed for it."""

    title = ("邮件信函登记", "Letter")
    about = (
        "代收派送的邮件、业主来信，以及发出的函件（拟稿、批准、寄出）。",
        "Mail passed on to residents, their letters, and the office's own letters.",
    )
    group = "reception"
    section = "reception"
    rows = ("A107",)
    flow = FLOWS["letter"]
    books = (
        Book("incoming", ("收件登记", "Incoming mail"), {"direction": "in"}),
        Book("outgoing", ("发函登记", "Outgoing letters"), {"direction": "out"}),
    )
    spine = ("received_at", "unit_id", "person_id", "content", "holder_id")
    labels = {
        "received_at": ("收发时间", "Received or sent at"),
        "content": ("内容或拟稿", "Content or draft"),
        "holder_id": ("经办人", "Handled by"),
    }
    show = ("number", "direction", "letter_kind", "unit_id", "recipient", "state")
    search = ("content", "mail_number")

    direction = c.choice(
        "收发",
        "Direction",
        ("in", "收", "In"),
        ("out", "发", "Out"),
        required=True,
        row="A107",
    )
    letter_kind = c.word("类别", "Kind", "letter_kind", required=True, row="A107")
    mail_number = c.text("邮件号或文号", "Mail or document number", size=60)
    sender = c.text("寄件人", "From", personal="name", row="A107")
    recipient = c.text("收件人", "To", personal="name", row="A107")
    approved_by_id = c.ref("批准人", "Approved by", "staff", auto=True)
    approved_on = c.date("批准日期", "Approved on", auto=True)
    delivered_to = c.text("派送给", "Delivered to", personal="name", row="A107")
    delivered_at = c.moment("签收时间", "Delivered at", row="A107")
    signature = c.text("签收签字", "Signature", size=60, row="A107")


class BoxCollection(Log):
    """One emptying of the complaint box or read-out of the complaint telephone."""

    title = ("投诉信箱/电话收集", "Box collection")
    about = (
        "专人开箱、听取投诉电话的记录；每一条自动开成投诉单，并告知主任。",
        "The box emptied by its designated person; each item becomes a complaint, "
        "and the director is told.",
    )
    group = "reception"
    section = "reception"
    rows = ("A44",)
    own = ("created_by_id", "collected_by_id")
    label_column = "place"
    show = ("collected_on", "place", "collected_by_id", "item_count", "handed_on")
    search = ("place", "note")

    collected_on = c.date(
        "收集日期", "Collected on", required=True, row="A44", index=True
    )
    complaint_channel_id = c.ref("投诉渠道", "Channel", "complaint_channel", row="A44")
    place = c.text("哪个信箱或电话", "Which box or telephone", required=True, row="A44")
    collected_by_id = c.ref("指定收集人", "Designated person", "staff", row="A44")
    item_count = c.integer(
        "件数",
        "Number of items",
        high=10_000,
        row="A44",
        help=("空箱填 0。", "0 for an empty box."),
    )
    handed_to_id = c.ref("交给主任", "Handed to", "staff", row="A44")
    handed_on = c.date("上交日期", "Handed over on", row="A44")
    note = c.text("备注", "Note", size=1000)


class BoxItem(Part):
    """One slip or call out of a collection, and the record it became."""

    title = ("信箱来件", "Collected item")
    about = (
        "一封来信或一通留言；已另开单的填上单据，空着就开成投诉单。",
        "One slip or message; without a record of its own it becomes a complaint.",
    )
    group = "reception"
    section = "reception"
    parent = "box_collection"
    rows = ("A44",)
    label_column = "content"
    show = ("content", "unit_id", "signed_name", "case_id")
    search = ("content",)

    box_collection_id = c.ref("收集记录", "Collection", "box_collection", required=True)
    content = c.long("内容", "Content", required=True, row="A44")
    unit_id = c.ref("房屋", "Home", "unit")
    signed_name = c.text("署名", "Signed", size=80, personal="name")
    case_id = c.ref("已开单据", "Record opened", "case", row="A44")


SATISFACTION = (
    ("satisfied", "满意", "Satisfied"),
    ("fair", "一般", "Fair"),
    ("dissatisfied", "不满意", "Dissatisfied"),
)
AVAILABILITY = (
    ("yes", "有人上门", "Somebody can go"),
    ("no", "暂无人手", "Nobody can go now"),
)
SIGNATURE = (
    ("paper", "纸质签名", "Signed on paper"),
    ("scan", "扫描件", "Scanned"),
    ("witnessed", "录入姓名并有见证人", "Name typed before a witness"),
)
WAITING = (
    ("parts", "待配件", "Waiting for parts"),
    ("owner", "业主另约", "Owner wants another time"),
    ("developer", "待开发商", "Waiting for the developer"),
    ("weather", "恶劣天气", "Bad weather"),
)

# --- 派工 Service ---


class Dispatch(Case):
    """A job slip: who goes where and when, until it is filed."""

    title = ("派工单／报事单", "Job slip")
    about = (
        "先确认有人上门，再约时间，完成后归档；紧急的立即派工。",
        "Confirm who can go, agree the time, file when done; urgent jobs go at once.",
    )
    group = "service"
    section = "service"
    rows = ("A22",)
    flow = FLOWS["dispatch"]
    spine = (
        "received_at",
        "channel",
        "unit_id",
        "person_id",
        "content",
        "urgent",
        "department_id",
        "holder_id",
    )
    labels = {
        "content": ("报事内容", "Matter"),
        "department_id": ("派往部门", "Dispatched to"),
        "holder_id": ("派工对象", "Worker"),
    }
    required = ("content",)
    show = ("number", "unit_id", "content", "state", "holder_id", "next_due_at")
    search = ("content", "tracking", "result")

    job_kind = c.word(
        "报事种类",
        "Kind of job",
        "job_kind",
        row="A22",
        help=(
            "本部门以外处理的选“其他部门报事”，归档前须该部门主管批准。",
            "If another department handles it, its supervisor approves filing.",
        ),
    )
    external_party_id = c.ref("外部单位", "External party", "external_party")
    service_available = c.choice(
        "是否有人上门",
        "Somebody can go",
        *AVAILABILITY,
        row="A22",
        help=("答复业主前先问清。", "Ask before replying to the customer."),
    )
    visit_at = c.moment("上门时间", "Visit agreed for", row="A22")
    customer_told_at = c.moment("已告知业主", "Customer told at", row="A22")
    dispatched_at = c.moment("派工时间", "Dispatched at", row="A22")
    tracking = c.long("跟踪记录", "Tracking notes", row="A22")
    finished_at = c.moment("完成时间", "Finished at", row="A22")
    result = c.long("处理结果", "Result", row="A22")
    approved_by_id = c.ref(
        "同意归档主管", "Filing approved by", "staff", row="A22", auto=True
    )
    approved_at = c.moment("同意归档时间", "Filing approved at", row="A22", auto=True)
    may_file = c.yes("可归档", "May be filed", row="A22", auto=True)
    sample_revisited = c.yes("已抽查回访", "Revisited by sample", row="A22")
    filed_by_id = c.ref("归档人", "Filed by", "staff", row="A22", auto=True)
    filed_at = c.moment("归档时间", "Filed at", row="A22", auto=True)


class Repair(Case):
    """A repair notice and, once done, the repair record."""

    title = ("维修通知单", "Repair notice")
    about = (
        "接电话时当场派工；半小时内到场，特殊情况写约定时间和原因。",
        "Sent out during the call; on site in half an hour unless agreed otherwise.",
    )
    group = "service"
    section = "service"
    rows = ("A23",)
    flow = FLOWS["repair"]
    books = (Book("record", ("维修记录", "Repair record")),)
    intake = ("repair_kind", "fault_place", "visit_at", "shared_part")
    spine = (
        "received_at",
        "channel",
        "unit_id",
        "person_id",
        "content",
        "urgent",
        "department_id",
        "holder_id",
    )
    labels = {
        "received_at": ("报修时间", "Reported at"),
        "content": ("故障", "Fault"),
        "department_id": ("维修部门", "Repair department"),
        "holder_id": ("维修工", "Worker"),
    }
    required = ("content",)
    show = (
        "number",
        "unit_id",
        "content",
        "repair_kind",
        "state",
        "holder_id",
        "next_due_at",
    )
    search = ("content", "fault_place", "result")

    repair_kind = c.word(
        "维修种类",
        "Kind of repair",
        "repair_kind",
        row="A23",
        index=True,
        help=(
            "决定回访期限：安全设施两天、漏水三天、其它一周。",
            "Sets the revisit deadline: safety two days, leak three, other one week.",
        ),
    )
    shared_part = c.yes("公共部位", "Shared part of the building")
    fault_place = c.text("部位", "Place of the fault", row="A23")
    notified_by = c.choice(
        "通知方式",
        "Notified by",
        ("slip", "维修通知单", "Slip"),
        ("telephone", "电话", "Telephone"),
        row="A23",
    )
    notified_at = c.moment("通知时间", "Notified at", row="A23")
    service_available = c.choice(
        "是否有人上门", "Somebody can go", *AVAILABILITY, row="A22"
    )
    visit_at = c.moment("上门时间", "Visit agreed for", row="A22")
    agreed_arrival_at = c.moment(
        "维修部门约定到场时间",
        "Arrival agreed by the repair department",
        row="A23",
        help=(
            "填写后代替半小时到场的期限，须写原因。",
            "Replaces the half-hour limit; give the reason.",
        ),
    )
    agreed_reason = c.text("约定原因", "Reason for the agreed time", row="A23")
    arrived_at = c.moment("到场时间", "Arrived at", row="A23")
    repair_head_id = c.ref("维修负责人", "Repair head", "staff", row="A23")
    external_party_id = c.ref("维保单位", "Maintenance contractor", "external_party")
    waiting_for = c.choice("挂起原因", "Waiting for", *WAITING)
    waiting_until = c.moment("预计恢复时间", "Expected to resume")
    times_dispatched = c.integer("派工次数", "Times dispatched", auto=True)
    finished_at = c.moment("完工时间", "Finished at", row="A23")
    materials = c.text("用料", "Materials used")
    charge = c.money("收费", "Charge", row="A23")
    receipt_no = c.text("收据号", "Receipt number", size=60)
    result = c.long("维修结果", "Result", row="A23")
    revisited_at = c.moment("回访时间", "Revisited at", row="A23", auto=True)


class Rework(Case):
    """A construction defect handed back to the developer's after-sales department."""

    title = ("物业返修联系单", "Rework contact sheet")
    about = (
        "工程遗留问题当天返给现场售后部门，并督促按期完成。",
        "Back to on-site after-sales the same day, then supervised to the date.",
    )
    group = "service"
    section = "service"
    rows = ("A24",)
    flow = FLOWS["rework"]
    spine = (
        "received_at",
        "unit_id",
        "person_id",
        "content",
        "urgent",
        "department_id",
        "holder_id",
    )
    labels = {
        "received_at": ("开单时间", "Issued at"),
        "content": ("工程遗留问题", "Construction-legacy defect"),
        "department_id": ("督办部门", "Supervising department"),
        "holder_id": ("督办人", "Supervised by"),
    }
    required = ("unit_id", "content")
    show = ("number", "unit_id", "content", "state", "finish_by", "next_due_at")
    search = ("content", "defect_place", "supervision", "result")

    defect_kind = c.word("缺陷种类", "Kind of defect", "defect_kind", row="A24")
    defect_place = c.text("部位", "Place of the defect", row="A24")
    after_sales_id = c.ref(
        "售后部门", "After-sales department", "external_party", row="A24"
    )
    returned_at = c.moment("返单时间", "Returned to after-sales at", row="A24")
    received_by = c.text("对方签收人", "Received there by", size=80, row="A24")
    late_reason = c.text("当天未交原因", "Why not returned the same day")
    finish_by = c.date("规定完成日期", "To be finished by", row="A24", index=True)
    supervision = c.long("督促记录", "Supervision notes", row="A24")
    waiting_for = c.choice("挂起原因", "Waiting for", *WAITING)
    waiting_until = c.moment("预计恢复时间", "Expected to resume")
    completed_on = c.date("返修完成日期", "Completed on", row="A24")
    result = c.long("返修结果", "Result")
    rechecked_by_id = c.ref("复验人", "Checked again by", "staff")
    rechecked_at = c.moment("复验时间", "Checked again at")


class ServiceOrder(Case):
    """A paid service a household asked for, such as home cleaning."""

    title = ("特约服务单", "Special service order")
    about = (
        "业主要的有偿服务：先确认有人，再约时间；收费按标准，计入月明细。",
        "Confirm who can go, agree the time; charged by the standard, listed monthly.",
    )
    group = "service"
    section = "service"
    rows = ("A25", "A53")
    flow = FLOWS["service_order"]
    beside = ("payment",)
    books = (Book("charge_list", ("有偿服务收费明细表", "Paid-service charge list")),)
    intake = ("service_kind", "visit_at")
    spine = (
        "received_at",
        "channel",
        "unit_id",
        "person_id",
        "content",
        "urgent",
        "department_id",
        "holder_id",
    )
    labels = {
        "content": ("服务要求", "What is wanted"),
        "department_id": ("服务部门", "Department"),
        "holder_id": ("服务人员", "Worker"),
    }
    required = ("content",)
    show = (
        "number",
        "unit_id",
        "service_kind",
        "state",
        "visit_at",
        "holder_id",
        "charge",
    )
    search = ("content", "result")

    service_kind = c.word(
        "服务项目", "Service", "service_kind", required=True, row="A25"
    )
    external_party_id = c.ref("服务单位", "Contractor", "external_party")
    service_available = c.choice(
        "是否有人上门", "Somebody can go", *AVAILABILITY, row="A25"
    )
    visit_at = c.moment("上门时间", "Visit agreed for", row="A25")
    customer_told_at = c.moment("已答复业主", "Customer told at")
    finished_at = c.moment("完成时间", "Completed at", row="A25")
    result = c.long("完成情况", "Result")
    quantity = c.decimal("数量", "Quantity")
    unit_price = c.money("单价", "Unit price")
    charge = c.money("收费", "Charge", row="A25")
    free_of_charge = c.yes("免收", "Free of charge")
    free_reason = c.text("免收原因", "Why free")
    charged_on = c.date("收费日期", "Charged on", row="A53", index=True)
    receipt_no = c.text("收据号", "Receipt number", size=60, row="A53")
    revisited_at = c.moment("回访时间", "Revisited at", row="A25", auto=True)


# --- 投诉 Complaints ---


class Complaint(Case):
    """A complaint: one entry printed as register line, notice and handling record."""

    title = ("顾客投诉处理记录表", "Complaint handling record")
    about = (
        "一次登记，登记表、通知单、处理记录共用一个编号；满意后才能消单。",
        "Register, notice and record share one number; closed only when satisfied.",
    )
    group = "complaint"
    section = "complaints"
    rows = ("A34", "A35", "A36", "A37")
    form_code = "QR/PSZ-723-KF01-02-01"
    variants = ("urgent", "liability_class")
    may_wait = False
    flow = FLOWS["complaint"]
    books = (
        Book("register", ("客户投诉登记表", "Complaint register")),
        Book("notice", ("客户投诉处理通知单", "Complaint handling notice")),
    )
    marks = (
        Mark(
            "accused_id",
            ("created_by_id", "received_by_id"),
            ("被投诉人本人受理", "Taken by the person complained about"),
        ),
    )
    intake = (
        "category",
        "cause",
        "accused_id",
        "accused_name",
        "other_unit_id",
        "major",
        "forwarder",
    )
    spine = (
        "received_at",
        "channel",
        "person_id",
        "unit_id",
        "content",
        "urgent",
        "department_id",
        "holder_id",
    )
    labels = {
        "content": ("投诉内容", "Complaint"),
        "department_id": ("投诉责任部门", "Responsible department"),
        "holder_id": ("处理责任人", "Responsible person"),
    }
    required = ("content",)
    show = (
        "number",
        "unit_id",
        "content",
        "category",
        "state",
        "holder_id",
        "next_due_at",
    )
    search = ("content", "facts", "result", "basis")

    received_department_id = c.ref(
        "受理部门", "Received by department", "department", row="A34"
    )
    received_by_id = c.ref("受理人", "Received by", "staff", row="A34")
    forwarder = c.text(
        "转办部门",
        "Forwarding department",
        row="A34",
        help=(
            "公司、街道等转来的写明，消单前要告知结果。",
            "Who passed it on; they are told the result before closing.",
        ),
    )
    nature = c.word("投诉性质", "Nature", "complaint_nature", row="A34")
    category = c.word(
        "投诉类别", "Category", "complaint_category", row="A34", index=True
    )
    liability_class = c.word(
        "投诉等级",
        "Class",
        "liability_class",
        row="A34",
        index=True,
        help=(
            "一类物业服务，二类开发商，三类外部环境；由类别带出，可改。",
            "1 our service, 2 developer, 3 outside; set by the category.",
        ),
    )
    cause = c.word("投诉原因", "Cause", "cause", row="A34")
    accused_id = c.ref(
        "被投诉员工",
        "Employee complained about",
        "staff",
        row="A34",
        help=("被投诉人不能处理本单。", "This person may not handle the case."),
    )
    accused_name = c.text(
        "被投诉的外部人员", "Outsider complained about", size=80, row="A34"
    )
    other_unit_id = c.ref("纠纷对方房屋", "Other household in the dispute", "unit")
    complainant_shielded = c.yes("对外隐去投诉人", "Complainant kept anonymous")
    group_tendency = c.yes("群体投诉倾向", "Group-complaint tendency", row="A34")
    major = c.yes("重大投诉", "Major", row="A34")
    severity = c.choice(
        "严重程度",
        "Severity",
        ("ordinary", "一般", "Ordinary"),
        ("serious", "较重", "Serious"),
        ("grave", "情节严重", "Grave"),
        row="A34",
    )
    impact = c.choice(
        "影响程度",
        "Impact",
        ("one_home", "个别住户", "One household"),
        ("several_homes", "部分住户", "Several households"),
        ("estate", "整个小区", "The whole estate"),
        ("public", "社会影响", "Public attention"),
        row="A34",
    )
    common_issue = c.yes(
        "共性问题",
        "Common issue",
        row="A34",
        help=(
            "不选即为个性问题；共性问题可以集中回应。",
            "Otherwise an individual issue; common issues may be answered together.",
        ),
    )
    owner_rights = c.yes("涉及业主权益", "Involves owners' rights", row="A34")
    developer_legacy = c.yes("开发商遗留", "Developer legacy", row="A34")
    back_entry_reason = c.word(
        "补录原因",
        "Reason for late entry",
        "back_entry_reason",
        help=(
            "选了即为补录；受理时间填原发生时间。",
            "Marks a late entry; the time received is the original one.",
        ),
    )
    merged_into_id = c.ref("并入投诉", "Merged into", "complaint")
    confirmed_by_id = c.ref("确认签字", "Confirmed by", "staff", row="A36", auto=True)
    confirmed_at = c.moment("确认时间", "Confirmed at", row="A36", auto=True)
    planned_finish = c.date("预定完成日期", "Planned completion", row="A37", index=True)
    first_replied_at = c.moment("首次回复时间", "First reply at", row="A34", auto=True)
    investigated_at = c.moment("调查时间", "Investigated at", row="A34")
    facts = c.long("事实调查", "Facts established", row="A36")
    cause_found = c.text("查明的原因", "Cause found")
    at_fault_id = c.ref("过失责任人", "Person at fault", "staff")
    responsibility = c.choice(
        "责任归属",
        "Responsibility",
        ("ours", "我方责任", "Ours"),
        ("partly", "部分我方责任", "Partly ours"),
        ("not_ours", "非我方责任", "Not ours"),
        row="A34",
    )
    basis = c.long("事实与法规依据", "Factual and legal basis", row="A34")
    handling_opinion = c.long("处理意见", "Handling opinion", row="A34")
    manager_id = c.ref("请来解释的经理", "Manager called", "staff")
    manager_called_at = c.moment("请经理的时间", "Manager called at")
    decision = c.long("经理决定", "Manager's decision")
    decided_by_id = c.ref("决定人", "Decided by", "staff", auto=True)
    remedial_measure = c.long("补救措施", "Remedial measure", row="A37")
    corrective_measure = c.long("纠正（整改）措施", "Corrective measure", row="A37")
    remedy_answered_at = c.moment("答复措施时间", "Remedy answered at", row="A34")
    compensation = c.money("赔偿金额", "Compensation", row="A34")
    result = c.long("处理结果", "Result", row="A34")
    apologised_at = c.moment("当事人道歉时间", "Apology made at")
    signed_by = c.text(
        "顾客签名", "Signed by the customer", size=80, personal="name", row="A34"
    )
    signed_at = c.moment("签名时间", "Signed at", row="A36")
    signature_form = c.choice("签名方式", "Form of signature", *SIGNATURE)
    paper_place = c.text(
        "签字原件存放处",
        "Where the signed paper is",
        help=("卷宗号、柜号。", "File, cupboard."),
    )
    unsigned_reason = c.word("免签原因", "Why unsigned", "unsigned_reason", row="A36")
    handed_in_at = c.moment("交客服助理时间", "Handed to the assistant at", row="A36")
    satisfaction = c.choice("满意度", "Satisfaction", *SATISFACTION, row="A34")
    forwarder_told_at = c.moment("告知转办部门时间", "Forwarder told at", row="A34")
    closed_by_id = c.ref("消单人", "Closed by", "staff", row="A34", auto=True)
    filed_at = c.moment("归档时间", "Filed at", row="A34", auto=True)


class ComplaintDocument(Part):
    """The original of a complaint: a letter, a fax, a record of what was said."""

    title = ("投诉文件原件", "Complaint document")
    about = (
        "原件与登记表、通知单同号；扫描件作附件。",
        "The original carries the complaint's number; attach the scan.",
    )
    group = "complaint"
    section = "complaints"
    rows = ("A38",)
    parent = "complaint"
    show = ("complaint_id", "document_kind", "dated", "kept_at")
    search = ("name", "kept_at")

    complaint_id = c.ref("投诉", "Complaint", "complaint", required=True, row="A38")
    document_kind = c.choice(
        "种类",
        "Kind",
        ("letter", "信件", "Letter"),
        ("fax", "传真", "Fax"),
        ("telephone_record", "电话正式记录", "Formal telephone record"),
        ("interview_record", "面谈正式记录", "Formal interview record"),
        ("other", "其它", "Other"),
        required=True,
        row="A38",
    )
    name = c.text("名称", "Name")
    dated = c.date("日期", "Date", row="A38")
    kept_at = c.text("原件存放处", "Where the original is kept", row="A38")


class Assignment(Part):
    """Who passed a complaint to whom, and who decided that."""

    title = ("转交与责任人", "Assignment")
    about = (
        "每次转交、改派一行；协办的部门和外包单位也写在这里。",
        "One line for each transfer; departments and contractors that assist too.",
    )
    group = "complaint"
    section = "complaints"
    rows = ("A39",)
    parent = "complaint"
    label_column = "reason"
    show = ("assigned_at", "to_department_id", "to_staff_id", "share", "decided_by_id")
    search = ("reason",)

    complaint_id = c.ref("投诉", "Complaint", "complaint", required=True, row="A39")
    assigned_at = c.moment("时间", "Time", required=True, row="A39")
    from_department_id = c.ref("转出部门", "From department", "department", row="A39")
    from_staff_id = c.ref("转出人", "From", "staff", row="A39")
    to_department_id = c.ref("转入部门", "To department", "department", row="A39")
    to_staff_id = c.ref("责任人", "Responsible person", "staff", row="A39")
    external_party_id = c.ref("外部单位", "External party", "external_party")
    share = c.choice(
        "主办／协办",
        "Lead or assist",
        ("lead", "主办", "Lead"),
        ("assist", "协办", "Assist"),
    )
    decided_by_id = c.ref("决定人", "Decided by", "staff", row="A39")
    informed = c.text(
        "知会",
        "Persons informed",
        row="A39",
        help=("客服负责人必须知会。", "The customer-service head is always told."),
    )
    reason = c.text("说明", "Remark")


class Escalation(Log):
    """A case copied up one level of the ladder, or reported up by hand."""

    title = ("逐级抄送", "Escalation")
    about = (
        "逾期自动逐级抄送；现有资源办不了的和重大的人工上报。",
        "Overdue cases go up level by level; the unsolvable and the major by hand.",
    )
    group = "complaint"
    section = "complaints"
    rows = ("A40",)
    label_column = "recipient_name"
    own = ("created_by_id", "recipient_id")
    show = ("sent_at", "case_id", "level", "cause", "recipient_id", "acknowledged_at")
    search = ("recipient_name", "reason")

    case_id = c.ref("单据", "Case", "case", required=True, row="A40")
    level = c.integer("级别", "Level", required=True, low=1, high=9, row="A40")
    cause = c.choice(
        "触发",
        "Trigger",
        ("overdue", "逾期", "Overdue"),
        ("resources", "现有资源无法解决", "Beyond present resources"),
        ("major", "重大", "Major"),
        ("group", "群体投诉", "Group complaint"),
        ("emergency", "突发事件", "Emergency"),
        ("informed", "知会", "For information"),
        required=True,
        row="A40",
    )
    clock = c.text("时限", "Clock", size=60)
    recipient_id = c.ref("收件人", "Recipient", "staff", row="A40")
    recipient_name = c.text(
        "收件人（无账号）", "Recipient without a login", size=80, row="A40"
    )
    sent_at = c.moment("抄送时间", "Sent at", required=True, row="A40", index=True)
    reason = c.long("说明", "Reason")
    acknowledged_at = c.moment("签阅时间", "Acknowledged at", row="A40")


class CorrectiveAction(Case):
    """A fault in our work: put right, its cause removed, its return prevented."""

    title = ("整改／不合格纠正与预防", "Corrective action")
    about = (
        "写清补救、纠正、预防三种措施和完成日期；由他人验收后告知业主。",
        "State three measures and a date; somebody else accepts, the customer is told.",
    )
    group = "corrective"
    section = "complaints"
    rows = ("A41", "A61")
    flow = FLOWS["corrective_action"]
    spine = (
        "received_at",
        "unit_id",
        "person_id",
        "content",
        "urgent",
        "department_id",
        "holder_id",
    )
    labels = {
        "received_at": ("提出时间", "Raised at"),
        "content": ("存在问题", "Problem"),
        "department_id": ("整改部门", "Responsible department"),
        "holder_id": ("整改责任人", "Responsible person"),
    }
    required = ("content",)
    show = (
        "number",
        "content",
        "origin",
        "state",
        "holder_id",
        "finish_by",
        "next_due_at",
    )
    search = ("content", "cause_analysis", "corrective_measure", "implementation")

    origin = c.choice(
        "来源",
        "Raised by",
        ("complaint", "投诉", "Complaint"),
        ("monthly_analysis", "月度分析", "Monthly analysis"),
        ("revisit", "回访", "Revisit"),
        ("survey", "意见调查", "Survey"),
        ("engineering_revisit", "工程回访", "Engineering revisit"),
        ("home_visit", "走访", "Household visit"),
        ("incident", "突发事件", "Incident"),
        ("inspection", "内部检查", "Internal check"),
        ("meeting", "会议决定", "Meeting"),
        required=True,
        row="A41",
    )
    meeting_id = c.ref("会议", "Decided at", "meeting", auto=True)
    cause_analysis = c.long("原因分析", "Cause", row="A41")
    remedial_measure = c.long(
        "补救措施",
        "Remedial measure",
        row="A41",
        help=("先救急。", "What helps at once."),
    )
    corrective_measure = c.long(
        "纠正措施",
        "Corrective measure",
        row="A41",
        help=("改这一次。", "What puts this case right."),
    )
    preventive_measure = c.long(
        "预防措施",
        "Preventive measure",
        row="A41",
        help=("防下一次。", "What keeps it from happening again."),
    )
    finish_by = c.date("完成期限", "To be finished by", row="A41", index=True)
    noticed_at = c.moment(
        "书面通知时间",
        "Written notice issued at",
        row="A61",
        help=(
            "维修回访发现的问题，24小时内书面通知维修人员。",
            "After a repair revisit: within 24 hours.",
        ),
    )
    waiting_for = c.choice("挂起原因", "Waiting for", *WAITING)
    waiting_until = c.moment("预计恢复时间", "Expected to resume")
    implementation = c.long("实施情况", "Implementation", row="A41")
    executed_at = c.moment("整改完成时间", "Rectified at", row="A61")
    acceptance = c.choice(
        "验收结果",
        "Acceptance",
        ("passed", "合格", "Passed"),
        ("failed", "不合格", "Failed"),
        row="A61",
    )
    acceptance_note = c.text("验收意见", "Acceptance remark")
    accepted_by_id = c.ref("验收人", "Accepted by", "staff", row="A41", auto=True)
    accepted_at = c.moment("验收时间", "Accepted at", row="A61", auto=True)
    told_at = c.moment("告知业主时间", "Customer told at", row="A41")
    told_how = c.text("告知方式与业主意见", "How told, and the answer", row="A41")
    recurring = c.yes("反复出现", "Recurring problem", row="A41")


class ExternalReport(Case):
    """A written report to the government, the developer or a competent body."""

    title = ("书面呈报", "Written report")
    about = (
        "自己解决不了、要政府或开发商出面的，书面递交并跟到有答复。",
        "Submitted in writing to the authorities or developer, followed to an answer.",
    )
    group = "complaint"
    section = "complaints"
    rows = ("A32", "A42")
    flow = FLOWS["external_report"]
    spine = (
        "received_at",
        "unit_id",
        "content",
        "urgent",
        "department_id",
        "holder_id",
    )
    labels = {
        "received_at": ("拟稿时间", "Drafted at"),
        "content": ("难点与请求", "Difficulty and request"),
        "department_id": ("呈报部门", "Reporting department"),
        "holder_id": ("跟进人", "Followed by"),
    }
    required = ("content",)
    show = ("number", "subject", "recipient_id", "state", "submitted_on", "next_due_at")
    search = ("subject", "content", "follow_ups", "answer", "result")

    recipient_kind = c.choice(
        "呈报对象",
        "Reported to",
        ("government", "政府部门", "Government"),
        ("municipal", "市政部门", "Municipal utility"),
        ("developer", "开发商", "Developer"),
        ("competent_body", "上级主管部门", "Competent body"),
        required=True,
        row="A42",
    )
    subject = c.text("标题", "Subject", required=True)
    complaint_id = c.ref("有关投诉", "Complaint", "complaint", row="A42")
    recipient_id = c.ref("收件单位", "Recipient", "external_party", row="A42")
    recipient_name = c.text("收件部门与经办人", "Office and person there", row="A32")
    impact = c.long("影响程度", "Impact", row="A42")
    document_no = c.text("文号与存放处", "Document number and place", row="A32")
    submitted_on = c.date("递交日期", "Submitted on", row="A32", index=True)
    received_by = c.text("对方签收人", "Received there by", size=80)
    follow_ups = c.long("跟进记录", "Follow-ups", row="A32")
    progress = c.long(
        "向业主公布的进展",
        "Progress told to owners",
        row="A32",
        help=(
            "公布前去掉姓名、房号、电话。",
            "Without names, homes or telephone numbers.",
        ),
    )
    published_on = c.date("公布日期", "Published on", row="A32")
    answered_on = c.date("答复日期", "Answered on")
    answer = c.long("对方答复", "Answer")
    result = c.long("结果", "Result", row="A42")


class Conduct(Log):
    """An apology, criticism, commendation, reward or penalty, with its reason."""

    title = ("奖惩与通报", "Conduct")
    about = (
        "道歉、通报批评、表彰、奖励、处罚；本人可以看到自己的。",
        "Apologies, criticism, rewards and penalties; everyone may read their own.",
    )
    group = "conduct"
    section = "complaints"
    rows = ("A43",)
    label_column = "summary"
    own = ("created_by_id", "staff_id")
    show = (
        "decided_on",
        "staff_id",
        "department_id",
        "measure",
        "summary",
        "decided_by_id",
    )
    search = ("summary", "reason")

    decided_on = c.date(
        "日期", "Date", required=True, row="A43", index=True, usual="today"
    )
    staff_id = c.ref("员工", "Employee", "staff", row="A43")
    department_id = c.ref("部门", "Department", "department", row="A43")
    measure = c.choice(
        "种类",
        "Kind",
        ("apology", "道歉", "Apology"),
        ("criticism", "通报批评", "Circulated criticism"),
        ("commendation", "表彰", "Commendation"),
        ("reward", "奖励", "Reward"),
        ("penalty", "处罚", "Penalty"),
        ("liability", "责任追究", "Held responsible"),
        required=True,
        row="A43",
    )
    summary = c.text("事由", "Matter", required=True, row="A43")
    case_id = c.ref("有关单据", "Case behind it", "case", row="A43")
    reason = c.long("情况说明", "Facts", row="A43")
    reward_form = c.choice(
        "形式",
        "Form",
        ("material", "物质", "Material"),
        ("honour", "荣誉", "Honour"),
        row="A43",
    )
    amount = c.money("金额", "Amount")
    decided_by_id = c.ref("决定人", "Decided by", "staff", row="A43")
    published_on = c.date("通报日期", "Circulated on")


# --- 突发 Incidents ---


class EmergencyPlan(Master):
    """What to do in a fire, a medical emergency, a storm."""

    title = ("应急预案", "Emergency plan")
    about = (
        "发生同类事件时，预案和电话显示在事件旁边，可以直接启动。",
        "Shown beside an incident of its kind with the numbers; started from there.",
    )
    group = "incident"
    section = "incidents"
    rows = ("A30",)
    show = ("name", "incident_kind", "contacts", "reviewed_on")
    search = ("name", "steps", "contacts")

    name = c.text("名称", "Name", required=True, row="A30")
    incident_kind = c.word(
        "事件种类", "Kind", "incident_kind", required=True, row="A30"
    )
    steps = c.long("处置步骤", "Steps", required=True, row="A30")
    contacts = c.long(
        "联系人与电话",
        "Contacts",
        row="A30",
        help=(
            "写单位电话和值班电话，不写个人号码。",
            "Office and duty numbers, not private ones.",
        ),
    )
    commander_id = c.ref("总指挥", "In command", "staff")
    evacuation = c.long("疏散路线与集合点", "Evacuation routes and assembly points")
    reviewed_on = c.date("最近演练或复审", "Last drill or review")


class Incident(Case):
    """A major or sudden event, from the first report to its review."""

    title = ("重大（突发）事件处理记录表", "Major (emergency) event record")
    about = (
        "先报告再补写；主管和经理立即收到。领导参观来访也记这本，不抄送。",
        "Report first, write later. Visits of leaders are kept here, without ladder.",
    )
    group = "incident"
    section = "incidents"
    rows = ("A29",)
    flow = FLOWS["incident"]
    books = (
        Book(
            "important",
            ("突发事件、重要问题记录", "Emergencies and important problems"),
        ),
    )
    spine = (
        "received_at",
        "channel",
        "unit_id",
        "person_id",
        "content",
        "urgent",
        "department_id",
        "holder_id",
    )
    labels = {
        "received_at": ("报告时间", "Reported at"),
        "content": ("事件经过", "What happened"),
        "person_id": ("有关客户", "Customer concerned"),
        "holder_id": ("指定专人", "Specially assigned person"),
    }
    required = ("content",)
    show = (
        "number",
        "incident_kind",
        "place",
        "content",
        "state",
        "holder_id",
        "happened_at",
    )
    search = ("content", "place", "measures", "result")

    incident_kind = c.word(
        "事件种类", "Kind", "incident_kind", required=True, row="A29"
    )
    happened_at = c.moment("发生时间", "Happened at", row="A29", index=True)
    place = c.text("地点", "Place", row="A29")
    reported_by = c.text("报告人", "Reported by", size=80, personal="name")
    emergency_plan_id = c.ref("应急预案", "Emergency plan", "emergency_plan", row="A30")
    plan_started_at = c.moment("启动预案时间", "Plan started at", row="A30")
    plan_started_by_id = c.ref(
        "启动人", "Plan started by", "staff", row="A30", auto=True
    )
    guidance = c.long("对业主的引导", "Guidance given to owners", row="A29")
    evacuation = c.long("疏散情况", "Evacuation", row="A29")
    measures = c.long("处置措施", "Measures", row="A29")
    reported_up_to = c.text("上报至", "Reported up to", row="A29")
    reported_up_at = c.moment("上报时间", "Reported up at", row="A29")
    visitors = c.text("来访领导与单位", "Visiting leaders and office")
    concluded_at = c.moment("处置完毕时间", "Concluded at")
    result = c.long("处理结果", "Result", row="A29")
    review = c.long("总结与改进", "Review and lessons")
    reviewed_by_id = c.ref("总结人", "Reviewed by", "staff", auto=True)


class IncidentNotice(Part):
    """Who was told of an incident, when and how."""

    title = ("通报记录", "Notification")
    about = ("何时通知了谁，一人一行。", "Who was told and when, one line each.")
    group = "incident"
    section = "incidents"
    rows = ("A29",)
    parent = "incident"
    label_column = "told_name"
    show = ("told_at", "told_id", "told_name", "means")
    search = ("told_name", "answer")

    incident_id = c.ref("事件", "Incident", "incident", required=True, row="A29")
    told_at = c.moment("通知时间", "Told at", required=True, row="A29")
    told_id = c.ref("员工", "Employee", "staff", row="A29")
    told_name = c.text("其他人员或单位", "Other person or body", size=80, row="A29")
    means = c.choice(
        "方式",
        "By",
        ("telephone", "电话", "Telephone"),
        ("radio", "对讲机", "Radio"),
        ("message", "短信或微信", "Message"),
        ("in_person", "当面", "In person"),
    )
    answer = c.text("答复", "Answer")


# --- 回访 Follow-up visits ---


class RevisitPlan(Case):
    """Whom to revisit in a period, how and about what."""

    title = ("回访计划", "Revisit plan")
    about = (
        "写明对象、时间、地点、方式、内容和重点；每项任务由计划产生。",
        "Targets, time, place, mode, content and focus; the tasks follow from it.",
    )
    group = "revisit"
    section = "revisits"
    rows = ("A57",)
    flow = FLOWS["revisit_plan"]
    spine = ("content", "department_id", "holder_id")
    labels = {
        "content": ("回访内容", "Content"),
        "department_id": ("执行部门", "Department"),
        "holder_id": ("负责人", "In charge"),
    }
    required = ("content",)
    show = ("number", "name", "period_from", "period_to", "state", "holder_id")
    search = ("name", "content", "targets", "focus")

    name = c.text("计划名称", "Name", required=True, row="A57")
    period_from = c.date("开始日期", "From", required=True, row="A57", index=True)
    period_to = c.date("结束日期", "To", row="A57")
    customer_group = c.word("客户群体", "Customer group", "customer_group", row="A57")
    targets = c.long("回访对象", "Targets", row="A57")
    target_count = c.integer("计划户数", "Households planned")
    visit_time = c.text("时间安排", "Times", row="A57")
    place = c.text("地点", "Place", row="A57")
    mode = c.word("方式", "Mode", "revisit_mode", row="A57")
    focus = c.long("重点", "Focus", row="A57")
    materials = c.long("准备资料", "Material prepared", row="A57")
    made_with = c.text("共同制定", "Made together with", row="A57")
    outcome = c.long("执行小结", "How it went")


class Revisit(Case):
    """One revisit: the task, the attempts, what the customer said."""

    title = ("回访记录表", "Revisit record")
    about = (
        "办完的投诉、维修都要回访，不由经办人自己回访；有问题的转整改。",
        "Revisited by somebody who did not handle it; problems become corrections.",
    )
    group = "revisit"
    section = "revisits"
    rows = ("A58", "A59", "A60")
    variants = ("source_kind", "source.repair_kind")
    flow = FLOWS["revisit"]
    books = (
        Book("repair", ("维修回访", "Repair revisits"), {"source_kind": "repair"}),
        Book(
            "complaint",
            ("投诉回访", "Complaint revisits"),
            {"source_kind": "complaint"},
        ),
        Book("task", ("回访任务", "Revisit tasks")),
    )
    spine = ("unit_id", "person_id", "content", "department_id", "holder_id")
    labels = {
        "content": ("回访内容", "To be asked"),
        "holder_id": ("回访人", "Revisited by"),
        "source_id": ("回访的单据", "Case revisited"),
    }
    show = (
        "number",
        "source_kind",
        "unit_id",
        "state",
        "satisfaction",
        "holder_id",
        "next_due_at",
    )
    search = ("content", "feedback", "needs", "new_problems")

    source_kind = c.choice(
        "回访种类",
        "Revisit of",
        ("repair", "维修", "Repair"),
        ("complaint", "投诉", "Complaint"),
        ("service_order", "特约服务", "Paid service"),
        ("reception", "综合报事", "General report"),
        ("dispatch", "其他部门报事", "Another department's report"),
        ("new_owner", "新业主", "New owner"),
        ("periodic", "定期回访", "Periodic"),
        ("agreement", "回访协议", "Revisit agreement"),
        ("director", "主任登门", "Director's home visit"),
        required=True,
        row="A58",
    )
    revisit_plan_id = c.ref("回访计划", "Revisit plan", "revisit_plan")
    revisitor_role = c.choice(
        "回访人身份",
        "In the role of",
        ("manager", "经理", "Manager"),
        ("supervisor", "主管", "Supervisor"),
        ("repair_head", "维修负责人", "Repair head"),
        ("receptionist", "接待员", "Receptionist"),
        row="A58",
    )
    mode = c.word("方式", "Mode", "revisit_mode", row="A59")
    mode_exception = c.text("未上门原因", "Why not on site")
    attempts = c.integer("联系次数", "Attempts", auto=True)
    plan_on = c.date("安排日期", "Planned for", row="A58")
    unreached_reason = c.word(
        "未联系上原因", "Why not reached", "unreached_reason", row="A58"
    )
    retry_at = c.moment("改约时间", "To be tried again at", row="A58")
    visited_at = c.moment("回访时间", "Revisited at", row="A59", index=True)
    item_inspected = c.choice(
        "现场查看",
        "Item inspected on site",
        ("good", "完好", "In order"),
        ("defective", "仍有问题", "Still defective"),
        ("not_seen", "未查看", "Not seen"),
        row="A60",
    )
    item_findings = c.text("查看情况", "What was seen", row="A60")
    worker_opinion = c.long("对维修人员的评价", "Opinion of the workers", row="A60")
    improvement = c.long("改进意见", "Improvements wished", row="A60")
    charge_check = c.choice(
        "收费核对",
        "Charge checked",
        ("matches", "相符", "Matches"),
        ("differs", "不符", "Differs"),
        ("free", "未收费", "No charge"),
        row="A60",
    )
    satisfaction = c.choice("满意度", "Satisfaction", *SATISFACTION, row="A59")
    feedback = c.long("业主反馈", "Customer's feedback", row="A59")
    needs = c.long("需求与意见", "Needs and opinions", row="A59")
    answers = c.long(
        "当场解答",
        "Questions answered",
        row="A59",
        help=(
            "当场答不了的，预约答复。",
            "What cannot be answered now gets an appointment.",
        ),
    )
    new_problems = c.long("新发现的问题", "New problems", row="A59")
    signed_by = c.text("被回访人签名", "Signed by", size=80, personal="name", row="A60")
    signature_form = c.choice("签名方式", "Form of signature", *SIGNATURE)
    unsigned_reason = c.word("免签原因", "Why unsigned", "unsigned_reason")
    for_meeting = c.yes("提交例会讨论", "For the next meeting")
    checked_by_id = c.ref("复查人", "Second check by", "staff")
    check_note = c.text("复查情况", "Second check")


class HomeVisit(Case):
    """A household visit by a team, with questionnaire and reply slip."""

    title = ("走访记录／问卷／答复单", "Household visit")
    about = (
        "先约时间告知业主，带问卷和答复单；走访后汇总并向业主反馈。",
        "Tell the owner first, bring questionnaire and slip, sum up and report back.",
    )
    group = "revisit"
    section = "revisits"
    rows = ("A65", "A66", "A67")
    flow = FLOWS["home_visit"]
    books = (Book("summary", ("走访总结", "Household-visit summary")),)
    spine = ("unit_id", "person_id", "content", "department_id", "holder_id")
    labels = {
        "content": ("走访事项", "Purpose"),
        "holder_id": ("走访负责人", "Team leader"),
    }
    required = ("unit_id",)
    show = (
        "number",
        "unit_id",
        "visit_on",
        "state",
        "satisfaction",
        "holder_id",
        "next_due_at",
    )
    search = ("content", "strengths", "weaknesses", "complaints_heard", "summary")

    frequency = c.choice(
        "走访频率",
        "Frequency",
        ("monthly", "每月", "Monthly"),
        ("quarterly", "每季度", "Quarterly"),
        ("half_yearly", "每半年", "Half-yearly"),
        ("extra", "临时", "Extra"),
        row="A65",
    )
    visit_on = c.date("走访日期", "Date of the visit", row="A65", index=True)
    time_slot = c.text("时间段", "Time slot", size=60, row="A65")
    owner_told_at = c.moment("提前通知时间", "Owner told at", row="A65")
    team = c.text("走访小组", "Team members", row="A65")
    tools_prepared = c.several(
        "准备工具",
        "Prepared",
        ("questionnaire", "问卷调查表", "Questionnaire"),
        ("reply_slip", "答复单", "Reply slip"),
        ("badge", "工作证", "Badge"),
        row="A65",
    )
    visited_at = c.moment("到访时间", "Visited at", row="A66")
    satisfaction = c.choice(
        "总体满意度", "Overall satisfaction", *SATISFACTION, row="A66"
    )
    strengths = c.long("优点", "Strengths", row="A66")
    weaknesses = c.long("不足", "Weaknesses", row="A66")
    cleaning_opinion = c.text("对保洁的意见", "On cleaning", size=500, row="A66")
    safety_opinion = c.text("对安全检查的意见", "On safety checks", size=500, row="A66")
    repair_opinion = c.text("对维修的意见", "On repairs", size=500, row="A66")
    complaints_heard = c.long("投诉和问题", "Complaints and problems", row="A66")
    environment_opinion = c.text(
        "对设施和环境的意见", "On facilities and environment", size=500, row="A66"
    )
    fee_opinion = c.text("对费用的意见", "On fees", size=500, row="A66")
    record_complete = c.yes("记录完整", "Record complete", row="A66")
    summary = c.long(
        "问题与建议汇总（分类）", "Problems and suggestions by class", row="A67"
    )
    improvements = c.long("改进措施", "Improvement measures", row="A67")
    solution = c.long("反馈的解决方案", "Solution told to the owner", row="A67")
    timetable = c.text("时间表", "Timetable", row="A67")
    opinion_asked = c.yes("已征求业主意见", "Owner's opinion asked", row="A67")
    owner_answer = c.long("业主答复", "Owner's answer", row="A67")
    fed_back_at = c.moment("反馈时间", "Fed back at", row="A67")


class EngineeringProject(Master):
    """A construction project whose users are revisited after its acceptance."""

    title = ("工程项目", "Engineering project")
    about = (
        "竣工验收合格后 1、3、6、12 个月各回访一次，以后每年一次。",
        "Revisited 1, 3, 6 and 12 months after acceptance, then every year.",
    )
    group = "revisit"
    section = "revisits"
    rows = ("A68",)
    show = ("name", "work_kind", "scale", "accepted_on", "next_revisit_on")
    search = ("name", "place", "scale")

    name = c.text("名称", "Name", required=True, row="A68")
    work_kind = c.word("工程类型", "Type", "engineering_kind", row="A68")
    scale = c.text("规模", "Size", row="A68")
    place = c.text("地点", "Place")
    contractor_id = c.ref("施工单位", "Contractor", "external_party")
    department_id = c.ref("管理部门", "Department in charge", "department")
    started_on = c.date("开工日期", "Started on")
    accepted_on = c.date(
        "竣工验收合格日期", "Completion accepted on", row="A68", index=True
    )
    next_revisit_on = c.date(
        "下次回访日期", "Next revisit on", row="A68", index=True, auto=True
    )


class EngineeringRevisit(Case):
    """A revisit after completion: state of the works, problems and their repair."""

    title = ("工程回访记录", "Engineering revisit")
    about = (
        "看质量、功能、维护、隐患和满意度；问题登记、拍照、整改、验收、告知。",
        "Problems are registered, photographed, put right, accepted and told.",
    )
    group = "revisit"
    section = "revisits"
    rows = ("A69",)
    flow = FLOWS["engineering_revisit"]
    spine = ("unit_id", "person_id", "content", "department_id", "holder_id")
    labels = {
        "content": ("回访内容", "Content"),
        "person_id": ("被回访业主", "Owner revisited"),
        "department_id": ("整改部门", "Department to rectify"),
        "holder_id": ("回访人", "Revisited by"),
    }
    show = (
        "number",
        "engineering_project_id",
        "stage",
        "state",
        "problem",
        "holder_id",
        "next_due_at",
    )
    search = ("content", "problem", "safety_hazards", "report")

    engineering_project_id = c.ref(
        "工程项目",
        "Engineering project",
        "engineering_project",
        required=True,
        row="A69",
    )
    stage = c.choice(
        "回访期次",
        "Round",
        ("month_1", "1个月", "1 month"),
        ("month_3", "3个月", "3 months"),
        ("month_6", "6个月", "6 months"),
        ("month_12", "12个月", "12 months"),
        ("yearly", "年度", "Yearly"),
        ("extra", "临时", "Extra"),
    )
    plan_on = c.date("计划日期", "Planned for", row="A69")
    visited_at = c.moment("回访时间", "Revisited at", row="A69", index=True)
    mode = c.word("方式", "Mode", "revisit_mode", row="A69")
    structure_quality = c.text("结构质量", "Structure", size=500, row="A69")
    material_quality = c.text("材料质量", "Materials", size=500, row="A69")
    equipment_quality = c.text("设备运行", "Equipment", size=500, row="A69")
    function_state = c.text("使用功能", "Function", size=500, row="A69")
    satisfaction = c.choice("满意度", "Satisfaction", *SATISFACTION, row="A69")
    maintenance = c.text("维护管理", "Maintenance", size=500, row="A69")
    safety_hazards = c.text("安全隐患", "Safety hazards", size=500, row="A69")
    problem = c.long("问题详情", "Problem", row="A69")
    problem_at = c.moment("问题登记时间", "Problem registered at", row="A69")
    photographed = c.yes("已拍照留证", "Photographed", row="A69")
    defect_kind = c.word("问题分类", "Class of problem", "defect_kind", row="A69")
    problem_cause = c.text("原因", "Cause", row="A69")
    impact = c.text("影响", "Impact", row="A69")
    urgency = c.choice(
        "紧急程度",
        "Urgency",
        ("ordinary", "一般问题", "Ordinary"),
        ("urgent", "紧急问题", "Urgent"),
        ("major", "重大问题", "Major"),
        row="A69",
    )
    rectification_plan = c.long("整改方案", "Rectification plan", row="A69")
    finish_by = c.date("整改期限", "To be finished by", row="A69")
    executed_at = c.moment("整改完成时间", "Rectified at", row="A69")
    accepted_by_id = c.ref("验收人", "Accepted by", "staff", row="A69", auto=True)
    accepted_at = c.moment("验收时间", "Accepted at", row="A69", auto=True)
    told_at = c.moment("告知业主时间", "Customer told at", row="A69")
    report = c.long("回访报告", "Report", row="A69")


class Survey(Case):
    """A survey of owners' opinions: issued, collected, counted, reported."""

    title = ("业主意见调查", "Owner survey")
    about = (
        "每年至少一次，八项满意度；统计后报主任，整改并通报业主委员会。",
        "At least yearly, eight items; counted, reported, rectified and made known.",
    )
    group = "survey"
    section = "revisits"
    rows = ("A70", "A71", "A72")
    flow = FLOWS["survey"]
    beside = ("survey_answer",)
    books = (
        Book(
            "opinion",
            ("业主意见调查", "Owner opinion survey"),
            {"survey_kind": "opinion"},
        ),
        Book("topic", ("专题调查", "Special-topic survey"), {"survey_kind": "topic"}),
    )
    spine = ("content", "department_id", "holder_id")
    labels = {
        "content": ("说明与问题", "Introduction and questions"),
        "holder_id": ("负责人", "In charge"),
    }
    show = (
        "number",
        "name",
        "survey_kind",
        "state",
        "issued_count",
        "returned_count",
        "overall_rate",
    )
    search = ("name", "content", "common_opinions")

    survey_kind = c.choice(
        "种类",
        "Kind",
        ("opinion", "业主意见调查", "Owner opinion survey"),
        ("topic", "专题调查", "Special topic"),
        ("satisfaction", "业主满意度调查", "Owner satisfaction"),
        required=True,
        row="A72",
    )
    name = c.text("主题", "Topic", required=True, row="A72")
    target = c.text("调查对象", "Target", row="A72")
    period_from = c.date("开始日期", "From", row="A70", index=True)
    period_to = c.date("截止日期", "To", row="A70")
    issued_count = c.integer("发出份数", "Forms issued", row="A72")
    returned_count = c.integer("回收份数", "Forms returned", row="A72")
    overall_rate = c.decimal(
        "总满意率", "Overall satisfaction rate", places=1, unit=("%", "%"), row="A71"
    )
    common_opinions = c.long("共性意见", "Common opinions", row="A71")
    reported_on = c.date("书面报告日期", "Reported on", row="A71")
    director_opinion = c.long("主任整改意见", "Director's opinion", row="A71")
    rectify_by = c.date("整改期限", "To be rectified by", row="A71")
    committee_told_on = c.date("通报业委会日期", "Owners' committee told on", row="A71")
    for_meeting = c.yes("提交例会讨论", "For the next meeting")


class SurveyItem(Part):
    """One question of a survey and how it was answered in all."""

    title = ("调查项目", "Survey item")
    about = ("每项一行，统计后得出满意率。", "One line each; its rate after counting.")
    group = "survey"
    section = "revisits"
    rows = ("A70", "A71")
    parent = "survey"
    label_column = "question"
    show = ("item", "question", "answered", "satisfied", "rate")
    search = ("question",)

    survey_id = c.ref("调查", "Survey", "survey", required=True, row="A71")
    item = c.word("项目", "Item", "survey_item", row="A70")
    question = c.text("专题问题", "Question", row="A72")
    answered = c.integer("有效份数", "Answered", row="A71")
    satisfied = c.integer("满意份数", "Satisfied", row="A71")
    rate = c.decimal("满意率", "Rate", places=1, unit=("%", "%"), row="A71")


class SurveyAnswer(Log):
    """One form that came back."""

    title = ("意见表", "Survey form")
    about = (
        "收回一份录一份；可不写姓名。",
        "One entry for each form returned; names are optional.",
    )
    group = "survey"
    section = "revisits"
    rows = ("A70", "A72")
    label_column = "form_no"
    show = ("survey_id", "form_no", "unit_id", "answered_on", "overall", "opinions")
    search = ("form_no", "opinions", "answers")

    survey_id = c.ref("调查", "Survey", "survey", required=True, row="A70")
    form_no = c.text("表号", "Form number", size=40)
    answered_on = c.date(
        "填表日期", "Filled in on", required=True, row="A72", index=True
    )
    unit_id = c.ref("房屋", "Home", "unit")
    person_id = c.ref("业主", "Owner", "person")
    power_supply = c.choice("供电管理", "Power supply", *SATISFACTION, row="A70")
    water_supply = c.choice("供水管理", "Water supply", *SATISFACTION, row="A70")
    fire_security = c.choice(
        "消防治安管理", "Fire and public security", *SATISFACTION, row="A70"
    )
    hygiene = c.choice("卫生管理", "Hygiene", *SATISFACTION, row="A70")
    greening = c.choice("绿化管理", "Greening", *SATISFACTION, row="A70")
    public_facilities = c.choice(
        "公共设施管理", "Public facilities", *SATISFACTION, row="A70"
    )
    repair_service = c.choice("维修服务", "Repair service", *SATISFACTION, row="A70")
    attitude = c.choice("服务态度", "Service attitude", *SATISFACTION, row="A70")
    overall = c.choice("总体评价", "Overall", *SATISFACTION, row="A72")
    opinions = c.long("意见", "Opinions", row="A70")
    answers = c.long("专题答案", "Answers", row="A72")


class RevisitAgreement(Case):
    """The agreement by which we revisit a household every month."""

    title = ("物业回访协议", "Revisit agreement")
    about = (
        "一式两份，签字或盖章起生效，有效期一年；到期前提醒续签。",
        "Two copies, in force one year from signature; a reminder before it ends.",
    )
    group = "revisit"
    section = "revisits"
    rows = ("A73",)
    flow = FLOWS["revisit_agreement"]
    spine = ("person_id", "unit_id", "content", "holder_id")
    labels = {
        "number": ("合同编号", "Agreement number"),
        "person_id": ("乙方（业主／住户）", "Party B (owner or resident)"),
        "content": ("其它约定", "Other terms"),
        "holder_id": ("经办人", "In charge"),
    }
    required = ("person_id",)
    show = ("number", "person_id", "unit_id", "state", "signed_on", "valid_until")
    search = ("party_a", "purpose", "content")

    party_a = c.text("甲方（物业管理方）", "Party A (manager)", row="A73")
    purpose = c.long("回访目的", "Purpose", row="A73")
    scope = c.several(
        "回访范围",
        "Scope",
        ("monthly", "每月一次", "Monthly"),
        ("ad_hoc", "不定期", "As needed"),
        row="A73",
    )
    topics = c.several(
        "回访内容",
        "Content",
        ("service", "服务质量", "Service quality"),
        ("facilities", "设施设备", "Facilities"),
        ("environment", "公共区域环境", "Public environment"),
        ("fees", "物业费用", "Fees"),
        row="A73",
    )
    modes = c.several(
        "回访方式",
        "Modes",
        ("telephone", "电话", "Telephone"),
        ("sms", "短信", "SMS"),
        ("wechat", "微信", "WeChat"),
        row="A73",
    )
    signed_on = c.date("签订日期", "Signed on", row="A73", index=True)
    party_a_signed_by = c.text(
        "甲方签字或盖章", "Signed or sealed for A", size=80, row="A73"
    )
    party_b_signed_by = c.text(
        "乙方签字或盖章", "Signed or sealed for B", size=80, personal="name", row="A73"
    )
    copies = c.integer("份数", "Copies", high=99, row="A73")
    valid_from = c.date("生效日期", "In force from", row="A73")
    valid_until = c.date("到期日期", "In force until", row="A73", index=True)
    disputes = c.text("争议解决", "Disputes", size=500, row="A73")
    renewed_from_id = c.ref("续签自", "Renews", "revisit_agreement")
    ended_on = c.date("终止日期", "Ended on")
    end_reason = c.text("终止原因", "Why ended")


class RevisitTraining(Log):
    """A training in how to revisit."""

    title = ("回访培训", "Revisit training")
    about = ("回访技巧、客户心理、问题解决的培训记录。", "Training in revisiting.")
    group = "revisit"
    section = "revisits"
    rows = ("A64",)
    label_column = "subject"
    show = ("held_on", "subject", "topics", "participants", "result")
    search = ("subject", "participants", "result")

    held_on = c.date("日期", "Date", required=True, row="A64", index=True)
    subject = c.text("主题", "Topic", required=True, row="A64")
    topics = c.several(
        "内容",
        "Covered",
        ("technique", "回访技巧", "Technique"),
        ("psychology", "客户心理", "Psychology"),
        ("problem_solving", "问题解决", "Problem solving"),
        ("cases", "案例分析", "Cases"),
        ("role_play", "角色扮演", "Role play"),
        row="A64",
    )
    department_id = c.ref("部门", "Department", "department")
    trainer = c.text("培训人", "Trainer", size=80)
    participants = c.long("参加人员", "Participants", row="A64")
    result = c.long("效果", "Result", row="A64")


# --- 交付 Handover ---


class Handover(Case):
    """The formalities by which an owner takes over a dwelling."""

    title = ("房屋交付", "Dwelling handover")
    about = (
        "专人指引：收资料、验房、签协议、缴费、凭收据领钥匙。",
        "A guide leads through papers, inspection, agreements, payment and keys.",
    )
    group = "handover"
    section = "handover"
    rows = ("A75", "A76", "A77")
    flow = FLOWS["handover"]
    beside = ("payment", "key_issue")
    books = (
        Book("notice", ("入伙通知书", "Move-in notice")),
        Book("document_list", ("签收资料清单", "Signed list of documents")),
    )
    spine = ("received_at", "unit_id", "person_id", "content", "holder_id")
    labels = {
        "received_at": ("开办时间", "Opened at"),
        "person_id": ("业主", "Owner"),
        "content": ("备注", "Remarks"),
        "holder_id": ("指引专人", "Guide"),
    }
    required = ("unit_id", "person_id")
    show = (
        "number",
        "unit_id",
        "person_id",
        "state",
        "steps_done",
        "holder_id",
        "next_due_at",
    )
    search = ("content", "deferred_reason")

    steps_done = c.several(
        "办理清单",
        "Checklist",
        ("notice", "入伙通知书已签", "Notice signed"),
        ("data_card", "资料卡已填", "Data card"),
        ("copies", "证件已复印", "Copies taken"),
        ("inspection", "已验房", "Inspected"),
        ("meters", "水电底度已抄", "Meters read"),
        ("agreements", "协议已签", "Agreements signed"),
        ("fees", "费用已缴", "Fees paid"),
        ("keys", "钥匙已领", "Keys issued"),
        row="A75",
    )
    notice_signature = c.choice(
        "入伙通知书签字",
        "Move-in notice",
        ("signed", "已签字", "Signed"),
        ("document_list", "以签收清单代替", "Replaced by the signed list"),
        row="A76",
    )
    notice_signed_by = c.text(
        "通知书签字人", "Notice signed by", size=80, personal="name", row="A76"
    )
    notice_collected = c.yes("通知书已收回", "Notice collected back", row="A76")
    notice_copies = c.integer(
        "复印给业主份数", "Copies given to the owner", high=99, row="A76"
    )
    list_signed_by = c.text(
        "资料清单签收人", "List signed by", size=80, personal="name", row="A77"
    )
    list_signed_on = c.date("清单签收日期", "List signed on", row="A77")
    papers_collected = c.several(
        "已收资料",
        "Papers collected",
        *PAPERS,
        row="A75",
    )
    documents_on = c.date("资料收齐日期", "Documents received on", row="A75")
    inspected_on = c.date("验房日期", "Inspected on", row="A75", index=True)
    deferred_reason = c.text("暂缓收楼原因", "Why taking over is deferred")
    agreements_on = c.date("协议签订日期", "Agreements signed on", row="A75")
    fee_months = c.integer("预收物业费月数", "Months of service fee", high=60)
    paid_on = c.date("缴费日期", "Paid on", row="A75")
    receipt_no = c.text("收据号", "Receipt number", size=60)
    keys_on = c.date("领钥匙日期", "Keys issued on", row="A75")
    exception_reason = c.text("例外原因", "Reason for an exception")
    excepted = c.choice("例外环节", "Exception at the step", *STEPS, auto=True)
    exception_by_id = c.ref("例外批准人", "Exception approved by", "staff", auto=True)


class HandoverDocument(Part):
    """One kind of document given to the owner."""

    title = ("资料清单", "Document handed out")
    about = ("发给业主的资料，一种一行。", "What the owner received, one line each.")
    group = "handover"
    section = "handover"
    rows = ("A77",)
    parent = "handover"
    show = ("name", "copies", "given_on")
    search = ("name",)

    handover_id = c.ref("交付", "Handover", "handover", required=True, row="A77")
    name = c.text("资料名称", "Document", required=True, row="A77")
    copies = c.integer("份数", "Copies", high=99, row="A77")
    given_on = c.date("发放日期", "Given on", row="A77")


class Inspection(Case):
    """The joint inspection of a dwelling, on the developer's opinion form."""

    title = ("收楼意见书", "Acceptance opinion form")
    about = (
        "陪同验房，抄水电底度，业主签字；每条问题可以转返修联系单。",
        "Inspect together, read the meters, sign; a defect can become a rework sheet.",
    )
    group = "handover"
    section = "handover"
    rows = ("A78",)
    flow = FLOWS["inspection"]
    spine = ("received_at", "unit_id", "person_id", "content", "holder_id")
    labels = {
        "received_at": ("验房时间", "Inspected at"),
        "person_id": ("业主", "Owner"),
        "content": ("业主意见", "Owner's opinion"),
        "holder_id": ("服务中心技术员", "Technician"),
    }
    required = ("unit_id",)
    show = (
        "number",
        "unit_id",
        "person_id",
        "state",
        "holder_id",
        "signed_on",
        "next_due_at",
    )
    search = ("content",)

    developer_id = c.ref("开发商", "Developer", "external_party", row="A78")
    developer_engineer = c.text(
        "地产维修工程师", "Developer's repair engineer", size=80, row="A78"
    )
    water_base = c.decimal("水表底度", "Water meter base", unit=("吨", "m³"), row="A78")
    electricity_base = c.decimal(
        "电表底度", "Electricity meter base", unit=("度", "kWh"), row="A78"
    )
    gas_base = c.decimal("气表底度", "Gas meter base", unit=("立方米", "m³"))
    signed_by = c.text(
        "业主签字", "Signed by the owner", size=80, personal="name", row="A78"
    )
    signed_on = c.date("签字日期", "Signed on", row="A78", index=True)
    signature_form = c.choice("签名方式", "Form of signature", *SIGNATURE)
    cleared_on = c.date("全部销项日期", "All defects cleared on")


class InspectionDefect(Part):
    """One defect found in an inspection."""

    title = ("遗留问题", "Defect")
    about = ("一条问题一行，销项前不能办结。", "One line each, until cleared.")
    group = "handover"
    section = "handover"
    rows = ("A78",)
    parent = "inspection"
    label_column = "defect"
    show = ("place", "defect", "defect_kind", "rework_id", "cleared_on")
    search = ("place", "defect")

    inspection_id = c.ref(
        "收楼意见书", "Inspection", "inspection", required=True, row="A78"
    )
    place = c.text("部位", "Place", row="A78")
    defect = c.text("问题", "Defect", required=True, size=500, row="A78")
    defect_kind = c.word("缺陷种类", "Kind of defect", "defect_kind")
    finish_by = c.date("要求完成日期", "To be finished by")
    rework_id = c.ref("返修联系单", "Rework sheet", "rework")
    cleared_on = c.date("销项日期", "Cleared on")
    cleared_by_id = c.ref("销项人", "Cleared by", "staff")


class Agreement(Case):
    """An agreement signed at handover or later, of five kinds."""

    title = ("协议书", "Agreement")
    about = (
        "代收款、开户、车位租用、车位服务、租户管理；到期前提醒。",
        "Bank collection, accounts, parking, tenants; a reminder before it ends.",
    )
    group = "handover"
    section = "handover"
    rows = ("A80", "A81", "A82", "A83", "A84")
    flow = FLOWS["agreement"]
    books = (
        Book(
            "bank_collection",
            ("委托银行代收款协议书", "Bank collection agreement"),
            {"agreement_kind": "bank_collection"},
        ),
        Book(
            "accounts",
            ("水电燃气和有线电视开户协议", "Account-opening agreement"),
            {"agreement_kind": "accounts"},
        ),
        Book(
            "parking_rental",
            ("车位租用协议书", "Parking rental agreement"),
            {"agreement_kind": "parking_rental"},
        ),
        Book(
            "parking_service",
            ("车位服务协议书", "Parking service agreement"),
            {"agreement_kind": "parking_service"},
        ),
        Book(
            "tenant",
            ("租户管理协议书", "Tenant management agreement"),
            {"agreement_kind": "tenant"},
        ),
    )
    spine = ("person_id", "unit_id", "content", "holder_id")
    labels = {
        "person_id": ("业主／客户", "Owner or customer"),
        "content": ("其它约定", "Other terms"),
        "holder_id": ("经办人", "In charge"),
    }
    required = ("person_id",)
    show = (
        "number",
        "agreement_kind",
        "person_id",
        "unit_id",
        "state",
        "signed_on",
        "valid_until",
    )
    search = ("content", "rights_and_duties")

    agreement_kind = c.choice(
        "种类",
        "Kind",
        *AGREEMENTS,
        required=True,
        row="A80",
    )
    bank = c.text("开户银行", "Bank", size=80, row="A80")
    bank_account = Secret("银行账号", "Bank account", mask="account", row="A80")
    utilities = c.several(
        "开户项目",
        "Utilities",
        ("water", "水", "Water"),
        ("electricity", "电", "Electricity"),
        ("gas", "燃气", "Gas"),
        ("cable_tv", "有线电视", "Cable TV"),
        row="A81",
    )
    tenant_id = c.ref("租户", "Tenant", "person", row="A84")
    parking_space_id = c.ref("车位", "Parking space", "parking_space", row="A82")
    space_source = c.choice(
        "车位来源",
        "Space",
        ("rented", "租用", "Rented"),
        ("gift", "赠送", "Gift"),
        ("bought", "购买", "Bought"),
        row="A83",
    )
    vehicle_id = c.ref("车辆", "Vehicle", "vehicle", row="A82")
    rights_and_duties = c.long("双方的权利和义务", "Rights and duties", row="A82")
    rent = c.money("租金（每月）", "Rent a month", row="A82")
    valid_from = c.date("起始日期", "From", row="A82")
    valid_until = c.date("到期日期", "Until", row="A82", index=True)
    signed_on = c.date("签订日期", "Signed on", row="A80", index=True)
    signed_by = c.text("客户签字", "Signed by the customer", size=80, personal="name")
    signature_form = c.choice("签名方式", "Form of signature", *SIGNATURE)
    copies = c.integer("份数", "Copies", high=99)
    renewed_from_id = c.ref("续签自", "Renews", "agreement")
    ended_on = c.date("终止日期", "Ended on")
    end_reason = c.text("终止原因", "Why ended")


class KeyIssue(Log):
    """Keys, cards and articles handed to a customer against the payment receipt."""

    title = ("顾客钥匙物品领用清单", "Key and article issue list")
    about = (
        "凭缴费收据领取，领用人当面清点签收。",
        "Only against the payment receipt; counted and signed for on the spot.",
    )
    group = "handover"
    section = "handover"
    rows = ("A86",)
    label_column = "receipt_no"
    books = (
        Book("out", ("在外未还", "Out"), {"whereabouts": "out"}),
        Book("back", ("已归还", "Returned"), {"whereabouts": "back"}),
    )
    show = (
        "issued_on",
        "unit_id",
        "person_id",
        "receipt_no",
        "whereabouts",
        "due_back_on",
        "signed_by",
    )
    search = ("receipt_no", "remarks")

    unit_id = c.ref("房屋", "Home", "unit", required=True, row="A86")
    person_id = c.ref("业主", "Owner", "person", row="A86")
    case_id = c.ref("交付或更名", "Handover or transfer", "case")
    receipt_no = c.text(
        "缴费收据号", "Payment receipt number", size=60, required=True, row="A86"
    )
    issued_on = c.date(
        "领用日期", "Issued on", required=True, row="A86", index=True, usual="today"
    )
    issued_by_id = c.ref("发放人", "Issued by", "staff")
    signed_by = c.text(
        "领用人签收", "Signed for by", size=80, personal="name", row="A86"
    )
    signature_form = c.choice("签名方式", "Form of signature", *SIGNATURE)
    due_back_on = c.date(
        "约定归还日期",
        "Due back on",
        index=True,
        help=("只是借用的才填。", "Only for what is lent."),
    )
    whereabouts = c.choice(
        "去向",
        "Where they are",
        ("out", "在外", "Out"),
        ("back", "已归还", "Returned"),
        ("kept", "不用归还", "For good"),
        auto=True,
    )
    remarks = c.text("备注", "Remarks")


class KeyIssueItem(Part):
    """One kind of article on the issue list."""

    title = ("领用物品", "Article issued")
    about = (
        "钥匙、门禁卡、礼品等，一种一行写数量。",
        "One line for each kind, with its number.",
    )
    group = "handover"
    section = "handover"
    rows = ("A86",)
    parent = "key_issue"
    show = ("article", "name", "quantity", "returned_on")
    search = ("name",)

    key_issue_id = c.ref(
        "领用清单", "Issue list", "key_issue", required=True, row="A86"
    )
    article = c.choice(
        "种类",
        "Kind",
        ("key", "钥匙", "Keys"),
        ("access_card", "门禁卡", "Access card"),
        ("gift", "礼品", "Gift"),
        ("other", "其它物品", "Other article"),
        required=True,
        row="A86",
    )
    name = c.text("名称或卡号", "Name or card number", row="A86")
    quantity = c.integer("数量", "Quantity", required=True, low=1, high=999, row="A86")
    returned_on = c.date("归还日期", "Returned on")
    returned_to_id = c.ref("归还接收人", "Returned to", "staff")


class Transfer(Case):
    """A resale: the former owner's fees settled, the new owner moved in."""

    title = ("转让房更名", "Ownership transfer")
    about = (
        "先确认老业主管理费结清，再验原件、更名、通知财务、信息员和控制中心。",
        "Former owner's fees first, then originals, renaming and the three notices.",
    )
    group = "handover"
    section = "handover"
    rows = ("A87", "A88")
    flow = FLOWS["transfer"]
    beside = ("payment", "meter_reading", "key_issue")
    books = (
        Book(
            "notice",
            ("更名通知", "Ownership-change notice"),
            fields=(
                "unit_id",
                "former_owner_id",
                "person_id",
                "person_id.phone",
                "person_id.id_number",
                "account_copy",
                "renamed_on",
            ),
        ),
    )
    spine = ("received_at", "unit_id", "person_id", "content", "holder_id")
    labels = {
        "received_at": ("受理时间", "Received at"),
        "unit_id": ("房号", "Home"),
        "person_id": ("新业主", "New owner"),
        "content": ("备注", "Remarks"),
        "holder_id": ("经办人", "In charge"),
    }
    required = ("unit_id",)
    show = (
        "number",
        "unit_id",
        "former_owner_id",
        "person_id",
        "state",
        "renamed_on",
        "next_due_at",
    )
    search = ("content",)

    former_owner_id = c.ref("原业主", "Former owner", "person", row="A87")
    fees_cleared_by_id = c.ref(
        "结清确认人", "Fees cleared by", "staff", row="A87", auto=True
    )
    fees_cleared_at = c.moment("结清确认时间", "Fees cleared at", row="A87", auto=True)
    title_paper = c.choice(
        "产权凭证",
        "Title paper",
        ("contract", "购房合同", "Purchase contract"),
        ("certificate", "产权证明", "Title certificate"),
        row="A87",
    )
    original_seen = c.yes("已验原件", "Original seen", row="A87")
    copy_kept = c.yes("已留复印件", "Copy kept", row="A87")
    account_copy = c.yes("扣款账户复印件", "Copy of the deduction account", row="A88")
    steps_done = c.several(
        "其它手续",
        "Other steps",
        *BOXES,
        row="A87",
        help=("转让房不需陪同验房。", "No joint inspection in a transfer."),
    )
    receipt_no = c.text("收据号", "Receipt number", size=60)
    renamed_on = c.date("更名时间", "Renamed on", row="A87", index=True)
    finance_told_at = c.moment("转达财务时间", "Finance told at", row="A88")
    information_told_at = c.moment(
        "转达信息员时间", "Information officer told at", row="A88"
    )
    control_told_at = c.moment("通知控制中心时间", "Control centre told at", row="A88")


class MeterReading(Log):
    """One reading of one meter."""

    title = ("抄表记录", "Meter reading")
    about = (
        "水、电、气表读数；交付时的底度由业主签字。",
        "Water, electricity and gas; the base readings at handover are signed.",
    )
    group = "handover"
    section = "handover"
    rows = ("A89",)
    label_column = "meter_no"
    own = ("created_by_id", "reader_id")
    show = ("read_on", "unit_id", "meter_kind", "reading", "base_reading", "reader_id")
    search = ("meter_no",)

    unit_id = c.ref("房屋", "Home", "unit", required=True, row="A89")
    meter_kind = c.word("表种", "Meter", "meter_kind", required=True, row="A89")
    meter_no = c.text("表号", "Meter number", size=60)
    reading = c.decimal("读数", "Reading", required=True, row="A89")
    read_on = c.date(
        "抄表日期", "Read on", required=True, row="A89", index=True, usual="today"
    )
    reader_id = c.ref("抄表人", "Read by", "staff", row="A89")
    base_reading = c.yes("底度", "Base reading", row="A89")
    case_id = c.ref("交付或更名", "Handover or transfer", "case")
    signed_by = c.text("业主签字", "Signed by the owner", size=80, personal="name")


# --- 收费 Money ---


class Payment(Log):
    """Money received and the receipt given for it, one item a line of the receipt."""

    title = ("收款与收据", "Payments and receipts")
    about = (
        "收到的每一笔款和开出的收据。一张收据有几个项目的，分几条登记，收据号相同。",
        "Every sum received and its receipt. A receipt with several items is several "
        "entries of the same receipt number.",
    )
    group = "money"
    section = "money"
    rows = ("A85",)
    show = ("receipt_number", "paid_on", "unit_id", "person_id", "fee_kind", "amount")
    search = ("receipt_number", "note")
    label_column = "receipt_number"
    printed_on = "a5"
    printed_by = "receipt.issuer_name"
    fixed = (
        "receipt_number",
        "paid_on",
        "unit_id",
        "person_id",
        "payer_name",
        "fee_kind",
        "months",
        "quantity",
        "amount",
    )
    receipt_number = c.text(
        "收据号",
        "Receipt number",
        size=60,
        index=True,
        row="A85",
        help=(
            "用印好的收据时照录票号；空着由系统编号。",
            "Copy the number of a pre-printed receipt; left empty, the next one of "
            "ours is given.",
        ),
    )
    paid_on = c.date(
        "收款日期", "Paid on", required=True, index=True, row="A85", usual="today"
    )
    unit_id = c.ref("房屋", "Home", "unit", row="A85")
    person_id = c.ref("客户", "Customer", "person", row="A85")
    payer_name = c.text(
        "缴款人",
        "Payer",
        size=60,
        personal="name",
        row="A85",
        help=("不是本人缴款或没有资料时填写。", "When it is not the customer above."),
    )
    fee_kind = c.word("收费项目", "Item", "fee_kind", required=True, row="A85")
    months = c.integer("月数", "Months", low=1, high=120, row="A85")
    quantity = c.decimal(
        "数量",
        "Quantity",
        help=("用量、张数、次数或车位数。", "Units used, pieces, jobs or spaces."),
    )
    period_from = c.date("费用起", "Charged from", row="A85")
    period_to = c.date("费用止", "Charged to", row="A85")
    prepayment = c.yes("预收款", "Prepayment", row="A85")
    amount = c.money(
        "金额",
        "Amount",
        nullable=False,
        row="A85",
        help=(
            "空着按当日收费标准算；和标准不同的在备注里说明。",
            "Left empty, it is worked out by the standard of that day; say in the "
            "note why it differs.",
        ),
    )
    method = c.word("付款方式", "Paid by", "payment_method")
    copy_given = c.yes("第二联已给业主", "Copy 2 handed over", row="A85")
    issued_by_id = c.ref("开票人", "Issued by", "staff", row="A85")
    case_id = c.ref("对应单据", "Paid for", "case")
    note = c.text("备注", "Note")


class Arrears(Case):
    """What a household owes for one kind of fee and how it is being settled."""

    title = ("欠费台账", "Arrears")
    about = (
        "哪户欠什么费、欠多久、谈过几次、何时结清。更名和开放行条时会据此提醒。",
        "Who owes which fee, what was said and when it was settled. Transfers and "
        "release passes warn from here.",
    )
    group = "money"
    section = "money"
    rows = ("A90",)
    flow = FLOWS["arrears"]
    beside = ("payment",)
    show = (
        "number",
        "unit_id",
        "person_id",
        "fee_kind",
        "amount",
        "state",
        "next_due_at",
    )
    search = ("number", "content", "outcome")
    spine = ("unit_id", "person_id", "content", "holder_id")
    labels = {
        "person_id": ("欠费人", "Debtor"),
        "content": ("情况说明", "Circumstances"),
        "holder_id": ("跟进人", "Followed by"),
    }
    required = ("unit_id",)
    fee_kind = c.word("费用项目", "Kind of fee", "fee_kind", required=True, row="A90")
    period_from = c.date("欠费起", "Owed from", row="A90")
    period_to = c.date("欠费止", "Owed to", row="A90")
    amount = c.money("欠费金额", "Amount owed", required=True, row="A90")
    checked_on = c.date("核查日期", "Checked on", row="A90")
    checked_by_id = c.ref("核查人", "Checked by", "staff", row="A90")
    promised_on = c.date("承诺缴费日期", "Promised for", row="A90")
    outcome = c.long("处理结果", "Outcome", row="A90")
    settled_on = c.date("结清日期", "Settled on", row="A90")
    payment_id = c.ref("结清收据", "Settled by receipt", "payment", row="A90")


class ArrearsContact(Part):
    """One talk with a debtor."""

    title = ("欠费沟通记录", "Contacts about arrears")
    about = (
        "每提醒或商谈一次记一行。",
        "One line for every reminder or talk.",
    )
    group = "money"
    section = "money"
    rows = ("A90",)
    parent = "arrears"
    show = ("contacted_at", "channel", "staff_id", "content", "outcome", "promised_on")
    label_column = "content"
    arrears_id = c.ref("欠费", "Arrears", "arrears", required=True, row="A90")
    contacted_at = c.moment("沟通时间", "Contacted at", required=True, row="A90")
    channel = c.word("方式", "Channel", "channel", row="A90")
    staff_id = c.ref("经办人", "By", "staff", row="A90")
    spoken_to = c.text("沟通对象", "Spoken to", size=60, personal="name", row="A90")
    content = c.long("沟通内容", "What was said", required=True, row="A90")
    outcome = c.choice(
        "沟通结果",
        "Outcome",
        ("promised", "承诺缴费", "Promised to pay"),
        ("paid", "已缴费", "Paid"),
        ("disputed", "有异议", "Disputes it"),
        ("refused", "拒绝缴费", "Refuses"),
        ("unreachable", "未联系上", "Not reached"),
        row="A90",
    )
    promised_on = c.date("承诺缴费日期", "Promised for", row="A90")


# --- 放行 Goods release ---


class ReleasePass(Case):
    """Permission to carry goods out through the gate."""

    title = ("物资搬运放行条", "Goods release pass")
    about = (
        "住户搬东西出门用。品名数量写清楚；不是业主本人来办的必须核实身份。",
        "For goods leaving the estate. State goods and quantity exactly; verify "
        "whoever is not the owner.",
    )
    group = "release"
    section = "release"
    rows = ("A92", "A93")
    flow = FLOWS["release_pass"]
    printed_on = "a5"
    show = (
        "number",
        "unit_id",
        "applicant_kind",
        "moving_on",
        "owner_confirmation",
        "state",
        "checked_at",
    )
    search = ("number", "content", "plate")
    spine = ("unit_id", "person_id", "content")
    labels = {
        "person_id": ("申请人", "Applicant"),
        "content": ("搬运说明", "About the removal"),
    }
    required = ("unit_id",)
    applicant_kind = c.choice(
        "申请人身份",
        "Applicant is",
        ("owner", "业主", "Owner"),
        ("family", "业主家属", "Family member"),
        ("tenant", "租户", "Tenant"),
        ("agent", "其他代理人", "Other agent"),
        required=True,
        row="A92",
    )
    applicant_name = c.text(
        "办理人姓名",
        "Applicant's name",
        size=60,
        personal="name",
        row="A92",
        help=("资料里没有的人填这里。", "For somebody who is not on file."),
    )
    applicant_phone = Secret("办理人电话", "Applicant's phone", mask="phone", tail=True)
    moving_on = c.date("搬运日期", "Moving on")
    plate = c.text("搬运车牌", "Removal vehicle's plate", size=20)
    arrears_check = c.choice(
        "欠费核查",
        "Arrears check",
        ("none", "无拖欠", "Nothing owed"),
        ("tenant", "租户有拖欠", "Tenant owes"),
        ("owner", "业主有拖欠", "Owner owes"),
        row="A92",
        help=(
            "租户办理一定要查物业服务费有没有拖欠。",
            "Always look up service fees when a tenant applies.",
        ),
    )
    arrears_reminded = c.yes("已提醒结清", "Reminded to settle", row="A92")
    owner_confirmation = c.choice(
        "业主确认",
        "Owner's confirmation",
        ("owner", "业主本人办理", "Owner in person"),
        ("confirmed", "业主已确认", "Confirmed by the owner"),
        ("file", "查资料确认", "Confirmed by the owner file"),
        ("emergency_contact", "紧急联系人已确认", "Emergency contact confirmed"),
        ("police_witness", "警务室作证", "Police office witnessed"),
        ("missing", "未取得", "None yet"),
        row="A92",
    )
    released_by_id = c.ref(
        "作证放行批准人", "Released on witness by", "staff", row="A92"
    )
    released_at = c.moment("作证放行时间", "Released on witness at", auto=True)
    owner_id = c.ref("委托业主", "Owner giving authority", "person", row="A93")
    authority_matter = c.text("委托事项", "Matter entrusted", row="A93")
    authority_on = c.date("委托书日期", "Letter of authority dated", row="A93")
    authority_copy_id = c.ref(
        "委托书存档", "Letter of authority on file", "document_copy", row="A93"
    )
    owner_phoned = c.yes("已向业主电话确认", "Owner confirmed by telephone", row="A93")
    advice = c.several(
        "已提醒事项",
        "Advice given",
        ("freight_lift", "使用货梯", "Use the freight lift"),
        ("parking", "车辆按规定停放", "Park as safety requires"),
        ("exit", "出入口核实并收回放行条", "The guard checks and keeps the pass"),
        row="A92",
    )
    issued_by_id = c.ref("签发人", "Issued by", "staff", row="A92")
    issued_at = c.moment("签发时间", "Issued at", row="A92")
    checked_by_id = c.ref("核对放行人", "Checked out by", "staff", row="A92")
    checked_at = c.moment("核对放行时间", "Checked out at", row="A92")
    gate_note = c.text("门岗备注", "Gate note", row="A92")
    recovered_at = c.moment("收回时间", "Pass recovered at", row="A92")
    refusal = c.text("不予放行原因", "Reason for refusal")
    seal: Mapped[str | None] = mapped_column(String(LENGTH), unique=True)


class ReleaseItem(Part):
    """One kind of goods on a release pass."""

    title = ("搬运物品", "Goods")
    about = (
        "品名、数量逐项写清楚，不写“若干”。",
        "Name and number of every kind of goods; never just “some”.",
    )
    group = "release"
    section = "release"
    rows = ("A92",)
    parent = "release_pass"
    show = ("category", "name", "quantity", "measure", "matches")
    ticked = ("matches",)
    search = ("name",)
    release_pass_id = c.ref(
        "放行条", "Release pass", "release_pass", required=True, row="A92"
    )
    category = c.word("物品类别", "Category", "goods_category", row="A92")
    name = c.text("品名", "Goods", required=True, row="A92")
    quantity = c.integer("数量", "Quantity", low=1, required=True, row="A92")
    measure = c.text("单位", "Measure", size=20)
    matches = c.yes("门岗核对相符", "Matches at the gate", row="A92")


class IdentityCheck(Part):
    """One attempt to verify who somebody is or what the owner agrees to."""

    title = ("身份核实", "Identity checks")
    about = (
        "查资料、打电话、看委托书，或请警务室作证，每核实一次记一行。",
        "One line for every look at the file, call, letter or police witness.",
    )
    group = "release"
    section = "release"
    rows = ("A94",)
    parents = ("release_pass", "card_application")
    show = ("checked_at", "method", "person_id", "result", "witness_name", "staff_id")
    label_column = "method"
    case_id = c.ref("核实事项", "For", "case", required=True, row="A94")
    method = c.choice(
        "核实方式",
        "Method",
        ("owner_file", "查业主资料", "Owner file"),
        ("phone_owner", "电话联系业主", "Telephone to the owner"),
        ("letter", "业主委托书", "Letter of authority"),
        ("papers", "查验证件", "Papers shown"),
        ("emergency_contact", "联系紧急联系人", "Emergency contact"),
        ("police_witness", "警务室作证", "Police-office witness"),
        required=True,
        row="A94",
    )
    person_id = c.ref("核实对象", "Person", "person", row="A94")
    person_name = c.text("对象姓名", "Name", size=60, personal="name", row="A94")
    phone = Secret("所拨电话", "Number called", mask="phone", tail=True, row="A94")
    result = c.choice(
        "核实结果",
        "Result",
        ("confirmed", "已确认", "Confirmed"),
        ("denied", "不同意", "Denied"),
        ("unreachable", "未联系上", "Not reached"),
        required=True,
        row="A94",
    )
    witness_name = c.text("作证人姓名", "Witness", size=60, personal="name", row="A94")
    witness_party_id = c.ref(
        "作证单位", "Witness's office", "external_party", row="A94"
    )
    checked_at = c.moment("核实时间", "Checked at", required=True, row="A94")
    staff_id = c.ref("核实人", "By", "staff", row="A94")
    note = c.text("备注", "Note")


# --- 卡务 Cards ---

CARD_KINDS: tuple[c.Choice, ...] = (
    ("access", "门禁卡", "Access card"),
    ("parking", "车场卡", "Parking card"),
)
CARD_HOLDERS: tuple[c.Choice, ...] = (
    ("owner", "业主", "Owner"),
    ("family", "业主家属", "Family member"),
    ("tenant", "租户", "Tenant"),
    ("merchant", "商户", "Merchant"),
    ("employee", "内部员工", "Employee"),
    ("business_line", "业务口授权卡", "Business-line card"),
)
CARD_CAUSES: tuple[c.Choice, ...] = (
    ("man_made", "人为", "Man-made"),
    ("not_man_made", "非人为", "Not man-made"),
)


class CardApplication(Case):
    """A request for an access or parking card, verified and, by kind, approved."""

    title = ("办卡申请表", "Card application")
    about = (
        "办门禁卡、车场卡先填申请。核实证件后，商户和内部卡还要负责人同意。",
        "Before any card is issued. Papers are verified; merchants' and internal "
        "cards also need approval.",
    )
    group = "card_desk"
    section = "cards"
    rows = ("A96", "A100")
    flow = FLOWS["card_application"]
    beside = ("payment",)
    show = (
        "number",
        "card_kind",
        "holder_kind",
        "unit_id",
        "person_id",
        "state",
        "next_due_at",
    )
    search = ("number", "content")
    own = ("created_by_id", "holder_id", "employee_id")
    spine = ("unit_id", "person_id", "department_id", "received_at", "content")
    labels = {
        "person_id": ("申请人", "Applicant"),
        "department_id": ("申请部门", "Applying department"),
        "received_at": ("申请时间", "Applied at"),
        "content": ("申请说明", "About the application"),
    }
    card_kind = c.choice("卡种", "Card", *CARD_KINDS, required=True, row="A100")
    holder_kind = c.choice(
        "持卡人类别", "Holder is", *CARD_HOLDERS, required=True, row="A96"
    )
    applicant_name = c.text(
        "申请人姓名",
        "Applicant's name",
        size=60,
        personal="name",
        row="A96",
        help=("资料里没有的人填这里。", "For somebody who is not on file."),
    )
    employee_id = c.ref("领卡员工", "Employee", "staff", row="A96")
    quantity = c.integer("张数", "Cards", low=1, high=1000)
    papers_seen = c.several(
        "查验的资料",
        "Papers seen",
        *CARD_PAPERS,
        row="A96",
        help=("看过原件的打勾。", "Tick each paper whose original was seen."),
    )
    papers_copied = c.several("复印的资料", "Papers copied", *CARD_PAPERS, row="A100")
    lease_id = c.ref("租赁合同", "Lease", "lease", row="A100")
    vehicle_id = c.ref("车辆", "Vehicle", "vehicle", row="A100")
    parking_space_id = c.ref("车位", "Parking space", "parking_space", row="A100")
    agreement_id = c.ref("车位协议", "Parking agreement", "agreement", row="A100")
    card_source = c.choice(
        "用卡方式",
        "Card source",
        ("own", "采用自备门禁卡", "Own access card"),
        ("new", "购买新卡", "New card"),
        row="A100",
    )
    own_card_number = c.text("自备卡号", "Own card's number", size=40, row="A100")
    valid_from = c.date("授权起", "Authorised from", row="A100")
    valid_until = c.date("授权止", "Authorised until", row="A100")
    payment_id = c.ref("收据", "Receipt", "payment", row="A100")
    verified_by_id = c.ref(
        "核实人",
        "Verified by",
        "staff",
        row="A96",
        help=("商户由商铺负责人核实。", "The shop head verifies merchants."),
    )
    verified_on = c.date("核实日期", "Verified on", row="A96")
    approved_by_id = c.ref("批准人", "Approved by", "staff", row="A96")
    approved_on = c.date("批准日期", "Approved on", row="A96")
    decision = c.choice(
        "审批结果",
        "Decision",
        ("approved", "同意", "Approved"),
        ("rejected", "不同意", "Rejected"),
        row="A96",
    )
    decision_reason = c.text("审批意见", "Reason", row="A96")
    card_number = c.text(
        "发出的卡号",
        "Cards issued",
        size=2000,
        row="A95",
        help=("几张卡的，卡号之间空一格。", "Several numbers are parted by spaces."),
    )
    fee = c.money("工本费", "Production cost", row="A95")
    signed_by = c.text(
        "领卡人签名", "Signed for by", size=60, personal="name", row="A97"
    )
    signature_form = c.choice("签名方式", "Form of signature", *SIGNATURE, row="A97")
    signed_on = c.date("签收日期", "Signed on", row="A97")


class Card(Case):
    """One physical card, from stock to scrap, and what it is authorised for."""

    title = ("门禁卡与车场卡", "Cards")
    about = (
        "每张卡在谁手里、能用到哪天。卡的状态不得用于催缴物业费。",
        "Who holds which card and until when. A card is never suspended for arrears.",
    )
    group = "card"
    section = "cards"
    rows = ("A95", "A100")
    flow = FLOWS["card"]
    beside = ("payment",)
    books = (
        Book("access", ("门禁卡", "Access cards"), {"card_kind": "access"}),
        Book("parking", ("车场卡", "Parking cards"), {"card_kind": "parking"}),
    )
    show = (
        "card_number",
        "card_kind",
        "holder_kind",
        "person_id",
        "unit_id",
        "state",
        "valid_until",
    )
    search = ("number", "card_number", "content")
    label_column = "card_number"
    own = ("created_by_id", "holder_id", "employee_id")
    fixed = ("authorised_on",)
    __table_args__ = (UniqueConstraint("card_kind", "card_number"),)
    spine = ("unit_id", "person_id", "department_id", "content")
    labels = {
        "person_id": ("持卡人", "Holder"),
        "department_id": ("业务口", "Business line"),
        "content": ("备注", "Note"),
    }
    card_kind = c.choice("卡种", "Card", *CARD_KINDS, required=True, row="A100")
    card_number = c.text(
        "卡号", "Card number", size=40, required=True, index=True, row="A95"
    )
    holder_kind = c.choice("持卡人类别", "Holder is", *CARD_HOLDERS, row="A95")
    holder_name = c.text(
        "持卡人姓名",
        "Holder's name",
        size=60,
        personal="name",
        row="A95",
        help=("资料里没有的人填这里。", "For somebody who is not on file."),
    )
    employee_id = c.ref("持卡员工", "Employee", "staff", row="A95")
    application_id = c.ref("办卡申请", "Application", "card_application", row="A95")
    vehicle_id = c.ref("车辆", "Vehicle", "vehicle", row="A100")
    parking_space_id = c.ref("车位", "Parking space", "parking_space", row="A100")
    access_card_id = c.ref("所用自备门禁卡", "Own access card used", "card", row="A100")
    areas = c.text("授权范围", "Authorised for", row="A95")
    authorised_on = c.date(
        "授权日期",
        "Authorised on",
        row="A95",
        help=(
            "新卡入库空着；启用系统前已发出的卡填当时的发卡日期。",
            "Empty for stock; for a card given out before this ledger, that day.",
        ),
    )
    authorised_by_id = c.ref("授权人", "Authorised by", "staff", row="A95")
    valid_from = c.date("有效期起", "Valid from", row="A100")
    valid_until = c.date("有效期止", "Valid until", index=True, row="A95")
    extended_on = c.date("延期日期", "Extended on", row="A95")
    formatted_on = c.date("格式化日期", "Formatted on", row="A95")
    formatted_by_id = c.ref("格式化人", "Formatted by", "staff", row="A95")
    cost = c.money("工本费", "Production cost", row="A95")
    payment_id = c.ref("收据", "Receipt", "payment", row="A95")
    suspend_reason = c.choice(
        "暂停原因",
        "Why suspended",
        ("asked", "持卡人要求", "The holder asked"),
        ("misused", "转借或冒用", "Lent or misused"),
        ("faulty", "卡片异常", "The card misbehaves"),
        ("investigated", "配合调查", "Under investigation"),
        ("recalled", "应收回", "Recalled"),
        help=("不得因欠费暂停。", "Never for arrears."),
    )
    cause = c.choice("损坏原因", "Cause", *CARD_CAUSES, row="A99")
    appraised_by_id = c.ref("鉴定人", "Appraised by", "staff", row="A99")
    replacement_number = c.text(
        "换发的新卡号", "Number of the new card", size=40, row="A99"
    )
    replaces_id = c.ref("替换的旧卡", "Replaces", "card", row="A97")


class CardEvent(Log):
    """An issue, loss, damage or replacement of a card, signed for."""

    title = ("卡发行异常情况登记表", "Card issue and anomaly register")
    about = (
        "发新卡、遗失、损坏、更换都登记一行，领卡人签名。",
        "Every issue, loss, damage or replacement of a card, signed by the holder.",
    )
    group = "card"
    manual = False
    binding = True
    fixed = (
        "card_id",
        "event",
        "happened_on",
        "issuer_id",
        "cause",
        "appraised_by_id",
        "age_months",
        "settlement",
        "amount",
        "payment_id",
        "new_card_id",
    )
    section = "cards"
    rows = ("A97", "A99")
    show = ("happened_on", "card_id", "event", "cause", "settlement", "issuer_id")
    search = ("note",)
    label_column = "event"
    card_id = c.ref("卡", "Card", "card", required=True, row="A97")
    event = c.choice(
        "情况",
        "Event",
        ("issue", "发卡", "Issue"),
        ("new_card", "新卡启用", "New card first used"),
        ("loss", "遗失", "Loss"),
        ("damage", "损坏", "Damage"),
        ("replacement", "更换", "Replacement"),
        ("extension", "延期", "Extension"),
        ("return", "收回", "Return"),
        ("format", "格式化再用", "Formatted for reuse"),
        ("withdrawal", "撤回延期", "Extension withdrawn"),
        ("opening", "期初登记", "Opening entry"),
        required=True,
        row="A97",
    )
    happened_on = c.date(
        "日期", "Date", required=True, index=True, row="A97", usual="today"
    )
    signed_as = c.choice(
        "签名人",
        "Signed by",
        ("holder", "持卡人", "Holder"),
        ("business_head", "业务负责人", "Business head"),
        row="A97",
    )
    signature = c.text(
        "签名",
        "Signature",
        size=60,
        personal="name",
        row="A97",
        help=("写签名人姓名，或签名纸件的编号。", "Who signed, or the paper's number."),
    )
    signature_form = c.choice("签名方式", "Form of signature", *SIGNATURE, row="A97")
    issuer_id = c.ref("发卡人", "Issuer", "staff", row="A97")
    explained = c.yes("已告知用法、期限和注意事项", "Use and period explained")
    cause = c.choice("损坏原因", "Cause", *CARD_CAUSES, row="A99")
    appraised_by_id = c.ref("鉴定人", "Appraised by", "staff", row="A99")
    age_months = c.integer("已用月数", "Age in months", high=600, row="A99")
    settlement = c.choice(
        "处理",
        "Settlement",
        ("free", "免费更换", "Free replacement"),
        ("repurchase", "重新购买", "Bought again"),
        ("compensation", "赔偿工本费", "Compensation"),
        row="A99",
    )
    amount = c.money("金额", "Amount", row="A99")
    payment_id = c.ref("收据", "Receipt", "payment", row="A99")
    new_card_id = c.ref("新卡", "New card", "card", row="A99")
    note = c.text("备注", "Note")


class CardReview(Case):
    """The quarter's list of cards, reconciled with the register."""

    title = ("卡季度整理表", "Quarterly card list")
    about = (
        "每季度清点一次：发出、在用、到期、遗失、更换、收回各多少，差异要说明。",
        "Once a quarter: how many cards issued, active, expired, lost, replaced, "
        "returned; differences explained.",
    )
    group = "card_desk"
    section = "cards"
    rows = ("A98",)
    flow = FLOWS["card_review"]
    show = (
        "number",
        "quarter",
        "issued_count",
        "active_count",
        "expired_count",
        "state",
        "next_due_at",
    )
    search = ("number", "differences")
    spine = ("holder_id",)
    labels = {"holder_id": ("整理人", "Compiled by")}
    quarter = c.text(
        "季度",
        "Quarter",
        size=7,
        required=True,
        row="A98",
        help=("例：2026Q1", "For example 2026Q1"),
    )
    issued_count = c.integer("发卡数", "Issued", row="A98")
    active_count = c.integer("在用数", "Active", row="A98")
    expired_count = c.integer("到期数", "Expired", row="A98")
    lost_count = c.integer("遗失数", "Lost", row="A98")
    replaced_count = c.integer("更换数", "Replaced", row="A98")
    returned_count = c.integer("收回数", "Returned", row="A98")
    ledger_count = c.integer(
        "台帐发卡数",
        "Issued by the ledger",
        row="A98",
        help=("按卡台帐授权日期数。", "By the days on which cards were authorised."),
    )
    stock_count = c.integer("台帐库存数", "Stock by the ledger", row="A98")
    stock_counted = c.integer("盘点库存数", "Stock counted", row="A98")
    differences = c.long("差异说明", "Differences", row="A98")
    reconciled_by_id = c.ref("核对人", "Reconciled by", "staff", row="A98")
    reconciled_on = c.date("核对日期", "Reconciled on", row="A98")


class CardTopup(Log):
    """A parking card charged for some months, with its fixed-amount invoices."""

    title = ("车场卡充值", "Parking-card top-ups")
    about = (
        "月卡从充值当天算到下月的前一天为一个月；撕等值定额发票，存根写卡号。",
        "A month runs from the day of top-up to the day before it next month. Give "
        "invoices of equal value and write the card number on the stub.",
    )
    group = "card"
    section = "cards"
    rows = ("A101",)
    show = ("topped_on", "card_id", "months", "period_to", "amount", "invoice_numbers")
    search = ("invoice_numbers",)
    label_column = "invoice_numbers"
    manual = False
    fixed = (
        "card_id",
        "topped_on",
        "months",
        "period_from",
        "period_to",
        "rent",
        "management_fee",
        "amount",
        "invoice_numbers",
        "stub_noted",
        "issued_by_id",
        "payment_id",
    )
    card_id = c.ref("车场卡", "Parking card", "card", required=True, row="A101")
    topped_on = c.date(
        "充值日期", "Topped up on", required=True, index=True, row="A101"
    )
    months = c.integer("月数", "Months", low=1, high=120, required=True, row="A101")
    period_from = c.date("使用期起", "Period from", row="A101")
    period_to = c.date("使用期止", "Period to", index=True, row="A101")
    rent = c.money("车位租金", "Parking rent", row="A101")
    management_fee = c.money("车位管理费", "Parking management fee", row="A101")
    amount = c.money("合计金额", "Total", required=True, row="A101")
    invoice_numbers = c.text(
        "定额发票号", "Fixed-amount invoice numbers", size=400, row="A101"
    )
    stub_noted = c.yes("存根已写卡号", "Card number on the stub", row="A101")
    entered = c.yes("已录入文件夹", "Entered in the file", row="A101")
    filed_on = c.date("归档日期", "Filed on", row="A101")
    issued_by_id = c.ref("发卡人", "Issuer", "staff")
    payment_id = c.ref("收据", "Receipt", "payment")


# --- 统计 Reports and meetings ---

REPORTS: tuple[c.Choice, ...] = (
    ("complaint_summary", "投诉情况月汇总表", "Monthly complaint summary"),
    ("complaint_export", "当月投诉统计", "Monthly complaint statistics"),
    ("complaint_analysis", "月度投诉信息分析报告", "Monthly complaint analysis"),
    ("common_issues", "共性问题处理公布", "Publication on common issues"),
    ("developer_legacy", "开发商遗留问题季度统计", "Quarterly developer legacy"),
    ("complaint_review", "半年/年终投诉分析", "Half-year and yearly analysis"),
    ("customer_feedback", "客户反映情况报告", "Customer feedback report"),
    ("dispatch_statistics", "月派工报事统计分析表", "Monthly dispatch statistics"),
    ("information_summary", "信息汇总分析", "Summary of collected information"),
    ("revisit_report", "回访报告", "Revisit report"),
    ("revisit_evaluation", "回访效果评估", "Revisit evaluation"),
    ("survey_report", "调查报告", "Survey report"),
)


class PeriodicReport(Case):
    """A report of a month, quarter or year, its figures frozen at submission."""

    title = ("定期报表", "Periodic reports")
    about = (
        "每月、每季、半年、全年要交的统计和分析。数字由系统统计，上呈时固定。",
        "The statistics and analyses due each period. Figures are counted from the "
        "records and frozen when submitted.",
    )
    group = "report"
    section = "reports"
    rows = (
        "A45",
        "A46",
        "A47",
        "A48",
        "A49",
        "A50",
        "A51",
        "A52",
        "A62",
        "A63",
        "A71",
    )
    flow = FLOWS["periodic_report"]
    books = tuple(
        Book(code, (zh, en), {"report_kind": code}) for code, zh, en in REPORTS
    )
    show = (
        "number",
        "report_kind",
        "period",
        "author_id",
        "state",
        "reviewed_on",
        "next_due_at",
    )
    search = ("number", "content", "analysis", "measures")
    own = ("created_by_id", "holder_id", "author_id")
    spine = ("department_id", "content", "holder_id")
    labels = {
        "department_id": ("编制部门", "Compiled in"),
        "content": ("主要情况", "Main matters"),
    }
    report_kind = c.choice("报表", "Report", *REPORTS, required=True, row="A45")
    period = c.text(
        "统计期",
        "Period",
        size=20,
        required=True,
        row="A45",
        help=(
            "例：2026-03、2026Q1、2026H1、2026",
            "For example 2026-03, 2026Q1, 2026H1, 2026",
        ),
    )
    period_from = c.date("统计起", "Counted from", row="A45")
    period_to = c.date("统计止", "Counted to", row="A45")
    phase = c.text("交付一年内的分期", "Phase within a year of delivery", row="A49")
    analysis = c.long("分析", "Analysis", row="A45")
    discussion = c.long("与部门讨论情况", "Discussion with departments", row="A50")
    measures = c.long("措施与建议", "Measures and proposals", row="A47")
    satisfaction = c.decimal(
        "总体满意率", "Overall satisfaction", unit=("%", "%"), row="A62"
    )
    solved_rate = c.decimal(
        "问题解决率", "Problem-solving rate", unit=("%", "%"), row="A63"
    )
    forms_returned = c.integer("回收份数", "Forms returned", row="A71")
    adjustments = c.long("回访方式频次调整", "Adjustments", row="A63")
    author_id = c.ref("编制人", "Compiled by", "staff", row="A51")
    compiled_on = c.date("编制日期", "Compiled on", row="A45")
    submitted_on = c.date("上呈日期", "Submitted on", row="A45")
    reviewed_by_id = c.ref("审阅人", "Reviewed by", "staff", row="A45")
    reviewed_on = c.date("审阅日期", "Reviewed on", row="A45")
    review_opinion = c.long("审阅意见", "Reviewer's opinion", row="A71")
    read_on = c.date("管理层阅示日期", "Read by management on", row="A62")
    recipients = c.text("报送对象", "Sent to", row="A46")
    sent_on = c.date("报送日期", "Sent on", row="A46")
    newsletter_on = c.date(
        "交简报主办人员日期", "To the newsletter editor on", row="A52"
    )
    published_on = c.date("公布日期", "Published on", row="A48")
    published_place = c.text("公布地点", "Published at", size=100, row="A47")
    committee_on = c.date(
        "通报业主委员会日期", "Owners' committee informed on", row="A71"
    )
    anonymised = c.yes(
        "公布内容已去除个人信息", "Free of personal data for publication", row="A48"
    )
    counted_at = c.moment("统计时间", "Counted at", auto=True)
    digest = c.text("数据指纹", "Digest of the figures", size=64, auto=True)


class ReportFigure(Part):
    """One counted number of a report and the list behind it."""

    title = ("补充数据", "Added figures")
    about = (
        "系统统计之外、由人补充的数字，按部门或项目分开。",
        "Numbers that people add to those counted, by department or item.",
    )
    group = "report"
    section = "reports"
    rows = ("A45", "A46", "A49", "A52", "A63", "A71")
    parent = "periodic_report"
    show = ("name", "breakdown", "department_id", "value", "measure")
    periodic_report_id = c.ref(
        "报表", "Report", "periodic_report", required=True, row="A45"
    )
    name = c.text("指标", "Figure", required=True, row="A45")
    breakdown = c.text(
        "分项",
        "Broken down by",
        row="A46",
        help=(
            "分公司、项目、类别或调查项目。",
            "Branch, project, class or survey item.",
        ),
    )
    department_id = c.ref("部门", "Department", "department", row="A46")
    value = c.decimal("数值", "Value", required=True, row="A45")
    measure = c.choice(
        "单位",
        "Measure",
        ("count", "件", "Count"),
        ("percent", "%", "Percent"),
        ("yuan", "元", "Yuan"),
        ("days", "天", "Days"),
        row="A45",
    )
    listing = c.text("对应明细", "Rows behind it", size=1000)


class ReportItem(Part):
    """One problem in a report with its measures and result."""

    title = ("问题与措施", "Problems and measures")
    about = (
        "逐项写问题、措施、结果；限期解决的写明部门和期限。",
        "Problem by problem: measures, result, department and time limit.",
    )
    group = "report"
    section = "reports"
    rows = ("A47", "A48", "A49", "A50", "A51", "A62", "A71")
    parent = "periodic_report"
    show = ("item_class", "matter", "measures", "result", "department_id", "due_on")
    search = ("matter", "measures", "result")
    label_column = "matter"
    periodic_report_id = c.ref(
        "报表", "Report", "periodic_report", required=True, row="A48"
    )
    item_class = c.choice(
        "性质",
        "Class",
        ("common", "共性问题", "Common"),
        ("common_parts", "公共部位", "Common parts"),
        ("public_interest", "公共利益", "Public interest"),
        ("neighbour", "业户纠纷", "Neighbour dispute"),
        ("design", "工程设计缺陷", "Design defect"),
        ("construction", "工程质量", "Construction quality"),
        ("recurring", "反复出现", "Recurring"),
        ("suggestion", "建议", "Suggestion"),
        ("other", "其它", "Other"),
        row="A48",
    )
    place = c.text("项目或分期", "Project or phase", row="A47")
    matter = c.long("问题或意见", "Problem or opinion", required=True, row="A48")
    measures = c.long("纠正预防措施", "Measures", row="A48")
    result = c.long("处理结果", "Result", row="A48")
    department_id = c.ref("责任部门", "Department", "department", row="A71")
    due_on = c.date("解决期限", "Time limit", row="A71")
    corrective_action_id = c.ref(
        "整改单", "Corrective action", "corrective_action", row="A47"
    )


class Meeting(Log):
    """Minutes of a meeting and what it decided."""

    title = ("会议纪要", "Meeting minutes")
    about = (
        "会前就可以登记：上次没议完的和回访、调查的重大问题自动列入。"
        "有责任人（部门）和期限的跟进事项自动开成整改单。",
        "May be begun before the meeting: what was left over and grave findings are "
        "taken in. An action with somebody and a date becomes a corrective action.",
    )
    group = "report"
    section = "reports"
    rows = ("A54",)
    show = ("held_on", "meeting_kind", "subject", "chair_id", "place", "next_on")
    search = ("subject", "agenda", "solutions")
    label_column = "subject"
    meeting_kind = c.word("会议种类", "Kind", "meeting_kind", required=True, row="A54")
    subject = c.text("会议主题", "Subject", required=True, row="A54")
    held_on = c.date("会议日期", "Held on", required=True, index=True, row="A54")
    started = c.clock_time("开始时间", "Began at")
    place = c.text("地点", "Place", size=100)
    department_id = c.ref("组织部门", "Called by", "department", row="A54")
    chair_id = c.ref("主持人", "Chair", "staff", row="A54")
    recorder_id = c.ref("记录人", "Minutes by", "staff", row="A54")
    participants = c.long("参加人员", "Participants", personal="text", row="A54")
    topics = c.several(
        "议题",
        "Topics",
        ("complaints", "本月投诉情况", "The month's complaints"),
        ("cases", "典型案例分析", "Typical cases"),
        ("experience", "客服经验共享", "Shared experience"),
        ("revisits", "回访重大问题", "Major revisit problems"),
        ("opinions", "听取住户意见", "Residents' opinions"),
        ("other", "其它", "Other"),
        row="A54",
    )
    agenda = c.long("会议内容", "Agenda and discussion", row="A54")
    solutions = c.long("解决办法", "Solutions", row="A54")
    next_on = c.date("下次会议日期", "Next meeting on")


class MeetingAction(Part):
    """One matter a meeting decided to follow up."""

    title = ("会议跟进事项", "Follow-up actions")
    about = (
        "谁负责、何时完成；没议完的勾“下次再议”。",
        "Who does it by when; unfinished matters go to the next meeting.",
    )
    group = "report"
    section = "reports"
    rows = ("A54",)
    parent = "meeting"
    show = ("matter", "department_id", "responsible_id", "due_on", "done_on", "case_id")
    search = ("matter", "result")
    label_column = "matter"
    meeting_id = c.ref("会议", "Meeting", "meeting", required=True, row="A54")
    matter = c.long("跟进事项", "Matter", required=True, row="A54")
    case_id = c.ref("对应单据", "Case", "case", row="A54")
    department_id = c.ref("责任部门", "Department", "department", row="A54")
    responsible_id = c.ref("责任人", "Responsible", "staff", row="A54")
    due_on = c.date("完成期限", "Due on", index=True, row="A54")
    result = c.long("落实情况", "Result", row="A54")
    done_on = c.date("完成日期", "Done on", row="A54")
    carried_over = c.yes("下次再议", "To the next meeting", row="A54")
    continues_id = c.ref("接上次会议事项", "Goes on from", "meeting_action", auto=True)


class Duty(Case):
    """One occasion of a recurring duty that has no book of its own to open."""

    title = ("到期工作", "Duties due")
    about = (
        "定期要做的事，到期前自动列出；做完按一下，过期没做的留下记录。",
        "What returns with the calendar is listed by itself, done or missed.",
    )
    group = "report"
    section = "reports"
    manual = False
    flow = FLOWS["duty"]
    spine = ("department_id", "holder_id")
    labels = {
        "department_id": ("部门", "Department"),
        "holder_id": ("经办人", "In charge"),
    }
    show = ("number", "name", "period", "role", "holder_id", "state", "next_due_at")
    search = ("number", "name")

    duty_rule_id = c.ref("定期工作规则", "Rule", "duty_rule", auto=True)
    name = c.text("事项", "Duty", auto=True)
    period = c.text("期间", "Period", size=20, auto=True)
    role = c.choice("角色", "For the role of", *ROLES, auto=True)
    due_on = c.date("到期日", "Due on", auto=True, index=True)
    done_on = c.date("办完日期", "Done on", auto=True)
    done_by_id = c.ref("办理人", "Done by", "staff", auto=True)
    result = c.text("办理情况", "How it went", size=1000)


class WorkPlan(Case):
    """Somebody's plan for a month, rolling over five weeks, or for a year."""

    title = ("工作计划", "Work plans")
    about = (
        "月计划提前一周列出，没完成的自动滚入，连起来五周；年度计划年底总结评比。",
        "A monthly plan begins a week before and takes what the last one left: five "
        "weeks. Yearly plans are appraised at the end.",
    )
    group = "report"
    section = "reports"
    rows = ("A55",)
    flow = FLOWS["work_plan"]
    books = (
        Book(
            "monthly",
            ("月工作计划（五周滚动）", "Monthly plan, five weeks rolling"),
            {"plan_kind": "monthly"},
        ),
        Book("yearly", ("年度工作计划", "Yearly plan"), {"plan_kind": "yearly"}),
    )
    show = ("number", "plan_kind", "period", "holder_id", "state", "next_due_at")
    search = ("number", "content", "appraisal")
    spine = ("department_id", "holder_id", "content")
    labels = {
        "department_id": ("部门", "Department"),
        "holder_id": ("计划人", "Plan of"),
        "content": ("工作目标", "Aims"),
    }
    plan_kind = c.choice(
        "计划种类",
        "Kind",
        ("monthly", "月工作计划", "Monthly"),
        ("yearly", "年度工作计划", "Yearly"),
        required=True,
        row="A55",
    )
    period = c.text(
        "计划期",
        "Period",
        size=20,
        required=True,
        row="A55",
        help=("例：2026-03、2026", "For example 2026-03, 2026"),
    )
    period_from = c.date("计划起", "From", row="A55")
    period_to = c.date("计划止", "To", row="A55")
    appraisal = c.long("总结评比结果", "Appraisal result", row="A55")
    appraised_by_id = c.ref("评比人", "Appraised by", "staff", row="A55")
    appraised_on = c.date("评比日期", "Appraised on", row="A55")


class WorkPlanItem(Part):
    """One piece of work in a plan."""

    title = ("计划事项", "Planned work")
    about = (
        "每件事写在第几周、谁做；回访也列进来。",
        "Which week, who does it; revisits are listed too.",
    )
    group = "report"
    section = "reports"
    rows = ("A55",)
    parent = "work_plan"
    show = ("week", "matter", "responsible_id", "due_on", "done", "rolled_over")
    search = ("matter", "result")
    label_column = "matter"
    work_plan_id = c.ref("工作计划", "Work plan", "work_plan", required=True, row="A55")
    week = c.integer("第几周", "Week", low=1, high=53, row="A55")
    matter = c.text("工作事项", "Work", size=400, required=True, row="A55")
    revisit = c.yes("回访工作", "Revisits", row="A55")
    revisit_plan_id = c.ref("回访计划", "Revisit plan", "revisit_plan", row="A55")
    responsible_id = c.ref("责任人", "Responsible", "staff", row="A55")
    due_on = c.date("完成日期", "Due on", row="A55")
    done = c.yes("已完成", "Done", row="A55")
    rolled_over = c.yes("滚入下一计划", "Rolled over", row="A55")
    result = c.text("完成情况", "Result", size=400, row="A55")


class Notice(Case):
    """Something made public to residents, approved and free of personal data."""

    title = ("公示、公告、通知", "Notices")
    about = (
        "张贴、挂网或上信息栏的内容。发布前先去掉房号、姓名、电话，再由经理批准。",
        "Whatever is posted or put on the web. Take out names, homes and numbers "
        "first; the manager approves.",
    )
    group = "notice"
    section = "reports"
    rows = ("A33",)
    flow = FLOWS["notice"]
    show = ("number", "notice_kind", "subject", "state", "published_on", "remove_on")
    search = ("number", "subject", "content")
    spine = ("content", "department_id", "holder_id")
    labels = {
        "content": ("正文", "Text"),
        "department_id": ("发布部门", "Issued by"),
        "holder_id": ("拟稿人", "Drafted by"),
    }
    required = ("content",)
    notice_kind = c.word("种类", "Kind", "notice_kind", required=True, row="A33")
    subject = c.text("标题", "Title", required=True, row="A33")
    places = c.several(
        "发布方式",
        "Where",
        ("board", "小区信息栏", "Information board"),
        ("web", "挂网", "Web"),
        ("posting", "张贴", "Posting"),
        ("group", "业主群", "Residents' group"),
        ("delivery", "入户派发", "Delivered to homes"),
        row="A33",
    )
    place_detail = c.text("具体地点", "Exact place", row="A33")
    audience = c.word("发布对象", "Audience", "notice_audience", row="A33")
    building_id = c.ref("限于楼栋", "Only building", "building", row="A33")
    anonymised = c.yes("已去除个人信息", "Free of personal data", row="A33")
    anonymised_by_id = c.ref("脱敏检查人", "Checked by", "staff", row="A33")
    names_agreed = c.yes(
        "公布姓名已获本人同意",
        "Persons named agree",
        row="A33",
        help=(
            "表扬、爱我小区等要公布姓名时必须先征得同意。",
            "Needed whenever a resident is named, as in a commendation.",
        ),
    )
    approved_by_id = c.ref("批准人", "Approved by", "staff", row="A33")
    approved_on = c.date("批准日期", "Approved on", row="A33")
    published_by_id = c.ref("发布人", "Published by", "staff", row="A33")
    published_on = c.date("发布日期", "Published on", index=True, row="A33")
    remove_on = c.date("应撤下日期", "To be withdrawn on")
    withdrawn_on = c.date("撤下日期", "Withdrawn on")


# --- 内务 Office ---


class ControlledDocument(Case):
    """A procedure or other document in one edition, prepared, reviewed and approved."""

    title = ("受控文件", "Controlled documents")
    about = (
        "管理制度、作业规程等受控文件，编制、审核、批准后生效；换版另建一条。",
        "Rules and procedures under control: prepared, reviewed, approved, in force. "
        "A new edition is a new entry.",
    )
    group = "document"
    section = "office"
    rows = ("A103", "A106")
    flow = FLOWS["controlled_document"]
    books = (
        Book(
            "procedure",
            ("作业规程", "Operating procedures"),
            {"document_kind": "procedure"},
        ),
    )
    show = (
        "document_number",
        "subject",
        "edition",
        "document_class",
        "state",
        "effective_on",
    )
    search = ("number", "document_number", "subject", "content")
    label_column = "subject"
    spine = ("department_id", "content", "holder_id")
    labels = {
        "department_id": ("归口部门", "Department in charge"),
        "content": ("目的与范围", "Purpose and scope"),
        "holder_id": ("经办人", "Held by"),
    }
    document_kind = c.choice(
        "文件种类",
        "Kind",
        ("procedure", "作业规程", "Operating procedure"),
        ("system", "管理制度", "Management rules"),
        ("guidance", "指导文件", "Guidance document"),
        ("handbook", "手册", "Handbook"),
        ("duties", "工作职责", "Statement of duties"),
        ("chart", "流程图", "Flow chart"),
        ("form", "表格", "Form"),
        ("other", "其他", "Other"),
        required=True,
        row="A103",
    )
    document_class = c.word("文件分类", "Class", "document_class", row="A103")
    document_number = c.text(
        "文件编号", "Document number", size=60, index=True, row="A103"
    )
    subject = c.text("文件标题", "Title", required=True, row="A103")
    edition = c.text("版号/改次", "Version/revision", size=20, row="A103")
    pages = c.integer("总页数", "Pages", low=1, row="A103")
    first_effective_on = c.date("首版生效日期", "First effective on", row="A103")
    effective_on = c.date("本版生效日期", "Effective on", row="A103")
    prepared_by_id = c.ref("编制人", "Prepared by", "staff", row="A103")
    prepared_on = c.date("编制日期", "Prepared on", row="A103")
    reviewed_by_id = c.ref("审核人", "Reviewed by", "staff", row="A103")
    reviewed_on = c.date("审核日期", "Reviewed on", row="A103")
    approved_by_id = c.ref("批准人", "Approved by", "staff", row="A103")
    approved_on = c.date("批准日期", "Approved on", row="A103")
    stamped = c.yes("已盖受控章", "Controlled stamp", row="A103")
    place = c.text("存放地点", "Kept at", size=100, row="A106")
    review_months = c.integer(
        "复审周期", "Reviewed every", low=1, high=60, unit=("个月", "months")
    )
    replaces_id = c.ref("替换的旧版", "Replaces", "controlled_document", row="A103")


class DocumentRevision(Part):
    """One change made to a controlled document."""

    title = ("文件修改记录", "Document revisions")
    about = ("改了哪一章、改了什么、谁审谁批。", "Which chapter, what, by whom.")
    group = "document"
    section = "office"
    rows = ("A104",)
    parent = "controlled_document"
    show = ("revision", "revised_on", "chapter", "content", "revised_by_id")
    search = ("chapter", "content")
    label_column = "content"
    controlled_document_id = c.ref(
        "受控文件", "Document", "controlled_document", required=True, row="A104"
    )
    revision = c.text("修改状态", "Revision state", size=20, row="A104")
    revised_on = c.date("日期", "Date", required=True, row="A104")
    chapter = c.text("修改章节", "Chapter", size=100, row="A104")
    content = c.long("修改内容", "Content", required=True, row="A104")
    revised_by_id = c.ref("修改人", "Revised by", "staff", row="A104")
    reviewed_by_id = c.ref("审核人", "Reviewed by", "staff", row="A104")
    approved_by_id = c.ref("批准人", "Approved by", "staff", row="A104")


class DocumentIssue(Part):
    """One numbered copy of a controlled document given to somebody."""

    title = ("文件发放记录", "Issued copies")
    about = (
        "每份受控文件发给谁、发放编号多少、旧版收回没有。",
        "Who has which numbered copy and whether the old one came back.",
    )
    group = "document"
    section = "office"
    rows = ("A103", "A106")
    parent = "controlled_document"
    show = ("issue_number", "department_id", "staff_id", "issued_on", "returned_on")
    search = ("issue_number",)
    label_column = "issue_number"
    controlled_document_id = c.ref(
        "受控文件", "Document", "controlled_document", required=True, row="A106"
    )
    issue_number = c.text(
        "发放编号", "Issue number", size=40, required=True, row="A103"
    )
    department_id = c.ref("领用部门", "To department", "department", row="A106")
    staff_id = c.ref("领用人", "To", "staff", row="A106")
    issued_on = c.date("发放日期", "Issued on", row="A106")
    returned_on = c.date("收回日期", "Returned on")


class RelatedDocument(Part):
    """A supporting document that a controlled document names."""

    title = ("相关支持文件", "Supporting documents")
    about = (
        "本文件引用的规程、手册和表格。",
        "The procedures, handbooks and forms this document refers to.",
    )
    group = "document"
    section = "office"
    rows = ("A103",)
    parent = "controlled_document"
    show = ("name", "related_id")
    search = ("name",)
    controlled_document_id = c.ref(
        "受控文件", "Document", "controlled_document", required=True, row="A103"
    )
    name = c.text("文件名称", "Title", required=True, row="A103")
    related_id = c.ref("对应文件", "Kept here as", "controlled_document", row="A103")


class ProcedureReview(Case):
    """The regular review of a procedure: what changes, why, and who agreed."""

    title = ("规程复审报告", "Procedure reviews")
    about = (
        "每季度把规程全面看一遍，由部门负责人主持、各部门参加，改动要写理由。",
        "Each quarter the head leads a review of the procedure with all departments; "
        "every change has its reason.",
    )
    group = "document"
    section = "office"
    rows = ("A105",)
    flow = FLOWS["procedure_review"]
    show = (
        "number",
        "controlled_document_id",
        "quarter",
        "holder_id",
        "conclusion",
        "state",
        "next_due_at",
    )
    search = ("number", "content")
    spine = ("holder_id", "content")
    labels = {
        "holder_id": ("主持人", "Led by"),
        "content": ("复审意见", "Findings"),
    }
    controlled_document_id = c.ref(
        "复审的文件", "Document reviewed", "controlled_document", row="A105"
    )
    quarter = c.text(
        "季度",
        "Quarter",
        size=7,
        required=True,
        row="A105",
        help=("例：2026Q1", "For example 2026Q1"),
    )
    conclusion = c.choice(
        "复审结论",
        "Conclusion",
        ("keep", "维持不变", "Keep as it is"),
        ("revise", "需要修改", "Revise"),
        row="A105",
    )
    reported_on = c.date("出报告日期", "Reported on", row="A105")
    approved_by_id = c.ref("批准人", "Approved by", "staff", row="A105")
    approved_by_name = c.text(
        "批准的高层管理人员",
        "Senior manager approving",
        size=60,
        row="A105",
        help=("没有账号的高层写姓名职务。", "Name and post if he has no login."),
    )
    approval_paper = c.text("批准文件编号", "Paper of approval", size=60, row="A105")
    approved_on = c.date("批准日期", "Approved on", row="A105")
    implemented_on = c.date("实施日期", "Implemented on", row="A105")


class ReviewParticipant(Part):
    """A department that took part in a procedure review."""

    title = ("参加部门", "Participating departments")
    about = ("参加复审的部门、代表和意见。", "Departments, delegates and opinions.")
    group = "document"
    section = "office"
    rows = ("A105",)
    parent = "procedure_review"
    show = ("department_id", "staff_id", "opinion")
    search = ("opinion",)
    label_column = "opinion"
    procedure_review_id = c.ref(
        "规程复审", "Review", "procedure_review", required=True, row="A105"
    )
    department_id = c.ref("部门", "Department", "department", required=True, row="A105")
    staff_id = c.ref("代表", "Delegate", "staff", row="A105")
    opinion = c.text("意见", "Opinion", size=400)


class ReviewChange(Part):
    """A change that a procedure review proposes, with its reason."""

    title = ("修改内容及理由", "Changes and reasons")
    about = ("逐条写改什么、为什么改。", "What changes and why, one by one.")
    group = "document"
    section = "office"
    rows = ("A105",)
    parent = "procedure_review"
    show = ("chapter", "content", "reason")
    search = ("content", "reason")
    label_column = "content"
    procedure_review_id = c.ref(
        "规程复审", "Review", "procedure_review", required=True, row="A105"
    )
    chapter = c.text("章节", "Chapter", size=100)
    content = c.long("修改内容", "Change", required=True, row="A105")
    reason = c.long("修改理由", "Reason", required=True, row="A105")


class FileEntry(Master):
    """A filed document in the catalogue of the office's seven classes."""

    title = ("文件归档目录", "Catalogue of filed documents")
    about = (
        "合同、台账、收支、检查记录等归档文件的目录：编号、放在哪里、发给谁。",
        "The catalogue of filed contracts, ledgers and records: number, place, "
        "recipients.",
    )
    group = "document"
    section = "office"
    rows = ("A106", "A112")
    show = ("file_number", "name", "document_class", "dated_on", "place", "keeper_id")
    search = ("file_number", "name", "recipients")
    document_class = c.word(
        "文件分类", "Class", "document_class", required=True, row="A106"
    )
    file_kind = c.word("资料种类", "Kind of paper", "file_kind", row="A112")
    file_number = c.text("文件编号", "Number", size=60, index=True, row="A106")
    name = c.text("文件名称", "Title", required=True, row="A112")
    controlled_document_id = c.ref(
        "受控文件", "Controlled document", "controlled_document", row="A106"
    )
    dated_on = c.date("文件日期", "Dated", index=True, row="A112")
    filed_on = c.date("归档日期", "Filed on", index=True, row="A106")
    place = c.text("存放地点", "Kept at", size=100, row="A106")
    keeper_id = c.ref("保管人", "Keeper", "staff")
    reviewed_by_id = c.ref("审核人", "Reviewed by", "staff", row="A106")
    reviewed_on = c.date("审核日期", "Reviewed on", row="A106")
    recipients = c.text("发放对象", "Recipients", size=400, row="A106")
    distributed_on = c.date("发放日期", "Distributed on", row="A106")
    keep_until = c.date("保存至", "Keep until")


class MaterialMovement(Log):
    """Goods or materials taken into the store or given out of it."""

    title = ("物品材料领用登记", "Goods and materials register")
    about = (
        "物品、材料的入库、领用、退回和结存。",
        "What was taken in, given out and returned, and what is left.",
    )
    group = "document"
    section = "office"
    rows = ("A108",)
    show = ("moved_on", "item", "movement", "quantity", "taken_by_id", "balance")
    search = ("item", "purpose")
    label_column = "item"
    item = c.text("物品名称", "Item", required=True, row="A108")
    movement = c.choice(
        "收发",
        "Movement",
        ("out", "领用", "Given out"),
        ("in", "入库", "Taken in"),
        ("back", "退回", "Returned"),
        ("count", "盘点", "Stocktake"),
        required=True,
        row="A108",
    )
    quantity = c.decimal("数量", "Quantity", required=True, row="A108")
    measure = c.text("单位", "Measure", size=20)
    moved_on = c.date(
        "日期", "Date", required=True, index=True, row="A108", usual="today"
    )
    taken_by_id = c.ref("领用人", "Taken by", "staff", row="A108")
    department_id = c.ref("领用部门", "Department", "department")
    kept_by_id = c.ref("保管人", "Kept by", "staff", row="A108")
    purpose = c.text("用途", "Purpose")
    case_id = c.ref("用于单据", "Used for", "case")
    balance = c.decimal("结存", "Balance", row="A108")


# --- 规则 Policy ---------------------------------------------------------------------

TIME_UNITS = (
    ("minutes", "分钟", "minutes"),
    ("hours", "小时", "hours"),
    ("days", "天", "days"),
    ("months", "个月", "months"),
    ("end_of_day", "当天结束前", "end of the same day"),
    ("set_date", "由经办人约定", "as agreed in the record"),
)

DAY_KINDS = (
    ("calendar", "自然日", "Calendar time"),
    ("working", "工作日", "Working time"),
)


OFFICE_WIDE: dict[str, Any] = {
    "sqlite_where": text("project_id IS NULL"),
    "postgresql_where": text("project_id IS NULL"),
}


def _once(*names: str) -> tuple[UniqueConstraint, Index]:
    """One such row for the whole office, and one more for each project that differs."""
    once = Index(None, *names, unique=True, **OFFICE_WIDE)
    return UniqueConstraint("project_id", *names), once


class DeadlineRule(Policy):
    """When something is due: what starts the clock, how long, in which time."""

    title = ("时限规则", "Deadlines")
    about = (
        "每件事从什么时候起、多久之内要办到；改动只影响之后开始计时的单据。",
        "What is due how long after what; a change applies to clocks started later.",
    )
    varies = True
    show = ("code", "title_zh", "amount", "unit", "project_id", "source", "confirmed")
    search = ("code", "title_zh", "title_en")
    label_column = "title_zh"
    __table_args__ = _once("code")

    code = c.text("代码", "Code", size=60, required=True)
    title_zh = c.text("名称", "Title", required=True)
    title_en = c.text("英文名称", "English title")
    target = c.text("适用单据", "Applies to", size=40, names="records")
    variant = c.text("适用类别", "Applies to the kind", size=40)
    starts_on = c.text("起算", "Starts on", size=60)
    stops_on = c.text("停止", "Stops on", size=60)
    amount = c.integer("期限", "Amount", high=100_000)
    unit = c.choice("单位", "Unit", *TIME_UNITS, required=True)
    day_kind = c.choice("按", "Counted in", *DAY_KINDS, required=True)
    combine = c.choice(
        "第二期限",
        "Second limit",
        ("earlier", "两个期限取早者", "Whichever is earlier"),
        ("after_cutoff", "截止时刻后登记的改用它", "When begun after the cut-off"),
    )
    second_amount = c.integer("第二期限数", "Second amount", high=100_000)
    second_unit = c.choice("第二期限单位", "Second unit", *TIME_UNITS)
    second_day_kind = c.choice("第二期限按", "Second counted in", *DAY_KINDS)
    cutoff = c.clock_time("截止时刻", "Cut-off")
    date_fields = c.text(
        "约定日期字段",
        "Fields of the agreed date",
        size=80,
        help=(
            "单据上的字段名，空格隔开，取第一个已填的；填了就按它到期。",
            "Names of fields of the record; the first one filled in is the due time.",
        ),
    )
    direction = c.choice(
        "方向",
        "Direction",
        ("after", "之后", "After"),
        ("before", "之前", "Before"),
        required=True,
    )
    inclusive = c.yes("含当天", "The day itself counts", default=True)
    pausable = c.yes("可挂起", "May be paused")
    ladder = c.text("升级阶梯", "Escalation ladder", size=40)
    active = c.yes("启用", "In use", default=True)
    note = c.long("说明", "Explanation")
    source = c.text("依据", "Source")
    confirmed = c.yes("已确认", "Confirmed")


class EscalationStep(Policy):
    """One level of the copy-up ladder: who is told how long after the due time."""

    title = ("升级阶梯", "Escalation ladder")
    about = (
        "逾期多久抄送到谁；重大事件另有一套，立即通知。",
        "Who is told how long after the due time; major events have their own ladder.",
    )
    varies = True
    show = ("ladder", "level", "recipient", "role", "hours_after", "project_id")
    search = ("code", "recipient")
    label_column = "code"
    __table_args__ = _once("code")

    code = c.text("代码", "Code", size=60, required=True)
    ladder = c.text("阶梯", "Ladder", size=40, required=True)
    level = c.integer("级别", "Level", low=1, high=20, required=True)
    hours_after = c.integer("到期后", "After the due time", unit=("小时", "hours"))
    recipient = c.text("抄送对象", "Recipient", required=True)
    role = c.choice("角色", "Role", *ROLES)
    head = c.yes("部门负责人", "Head of the department")
    own_department = c.yes("仅责任部门", "Of the responsible department only")
    staff_id = c.ref("指定人员", "Named person", "staff")
    address = c.text("无账号者的邮箱", "Mail address of somebody without a login")
    channel = c.choice(
        "送达方式",
        "Delivery",
        ("inbox", "系统消息", "In-app message"),
        ("mail", "邮件", "Mail"),
        ("both", "系统消息和邮件", "In-app message and mail"),
    )
    at_once = c.yes("不等工作时间", "At any hour")
    active = c.yes("启用", "In use", default=True)
    source = c.text("依据", "Source")
    confirmed = c.yes("已确认", "Confirmed")


class RevisitRule(Policy):
    """Who is revisited after what, how often, by whom, in which way."""

    title = ("回访规则", "Revisit rules")
    about = (
        "什么要回访、回访多少、多久一次、由谁、用什么方式。",
        "What is revisited, what share, how often, by whom and how.",
    )
    rows = ("A56",)
    show = ("code", "title_zh", "share", "role", "mode", "interval_months", "confirmed")
    search = ("code", "title_zh", "title_en")
    label_column = "title_zh"
    __table_args__ = _once("code")

    code = c.text("代码", "Code", size=60, required=True)
    title_zh = c.text("名称", "Title", required=True)
    title_en = c.text("英文名称", "English title")
    origin = c.choice(
        "回访来源",
        "Revisit of",
        ("complaint", "投诉", "Complaint"),
        ("repair", "维修", "Repair"),
        ("service", "特约服务", "Paid service"),
        ("general_report", "综合报事", "General report"),
        ("other_department", "其他部门报事", "Another department's report"),
        ("new_owner", "新业主", "New owner"),
        ("periodic", "定期", "Periodic"),
        ("agreement", "回访协议", "By agreement"),
        ("key_customer", "重点客户", "Key customer"),
        ("engineering", "工程", "Engineering"),
        row="A56",
        required=True,
    )
    variant = c.text("适用类别", "Applies to the kind", size=40)
    customer_group = c.word("客户群体", "Customer group", "customer_group", row="A56")
    property_type = c.choice(
        "物业类型",
        "Property type",
        ("residential", "住宅小区", "Residential"),
        ("commercial", "商业综合体", "Commercial complex"),
        ("office", "写字楼", "Office"),
        ("other", "其它", "Other"),
        row="A56",
    )
    share = c.integer("回访比例", "Share", high=100, unit=("%", "%"), row="A56")
    minimum = c.integer("每月至少", "At least a month", high=1000)
    interval_months = c.integer(
        "间隔", "Interval", high=120, unit=("个月", "months"), row="A56"
    )
    months = c.text(
        "固定月份",
        "Fixed months",
        size=60,
        row="A56",
        help=("如 1,3,6,12", "As in 1,3,6,12"),
    )
    most_a_year = c.integer("每年最多", "At most a year", high=365, row="A56")
    per = c.choice(
        "单位",
        "For each",
        ("record", "每张单据", "Record"),
        ("household", "每户", "Household"),
        ("zone", "每个片区", "Zone"),
        ("department", "每个部门", "Department"),
        ("project", "每个工程项目", "Engineering project"),
    )
    threshold = c.integer("达到次数", "From this many", high=1000)
    window_days = c.integer("统计天数", "Within so many days", high=3650)
    lasts_months = c.integer("持续", "Lasts", high=120, unit=("个月", "months"))
    deadline = c.text("时限规则", "Deadline rule", size=60, row="A56")
    role = c.choice("回访角色", "Revisited by", *ROLES, row="A56")
    head = c.yes("部门负责人", "Head of the department")
    mode = c.choice(
        "回访方式",
        "Mode",
        ("on_site", "上门", "On site"),
        ("telephone", "电话", "Telephone"),
        ("preferred", "按业主意愿", "As the owner prefers"),
        row="A56",
    )
    signature = c.yes("需签名", "Signature needed")
    active = c.yes("启用", "In use", default=True)
    source = c.text("依据", "Source")
    confirmed = c.yes("已确认", "Confirmed")


class DutyRule(Policy):
    """A recurring duty: which record it opens, when it is due, who does and reads."""

    title = ("定期工作", "Recurring duties")
    about = (
        "报表、会议、复审、盘点等定期工作：何时到期、谁做、谁看。",
        "Reports, meetings, reviews, stocktakes: when due, done by whom, read by whom.",
    )
    show = ("code", "title_zh", "period", "due_day", "compiler", "reviewer", "active")
    search = ("code", "title_zh", "title_en")
    label_column = "title_zh"
    __table_args__ = _once("code")

    code = c.text("代码", "Code", size=60, required=True)
    title_zh = c.text("名称", "Title", required=True)
    title_en = c.text("英文名称", "English title")
    target = c.text("生成的单据", "Opens a record of", size=40, names="records")
    variant = c.text("种类", "Of the kind", size=40)
    period = c.choice(
        "周期",
        "Period",
        ("day", "每日", "Day"),
        ("week", "每周", "Week"),
        ("month", "每月", "Month"),
        ("quarter", "每季度", "Quarter"),
        ("half_year", "每半年", "Half-year"),
        ("year", "每年", "Year"),
        required=True,
    )
    due_day = c.integer("到期日", "Due day of the month", low=1, high=31)
    due_month = c.integer(
        "到期月",
        "Due month",
        low=1,
        high=12,
        help=("周期内的第几个月。", "Which month of the period."),
    )
    inclusive = c.yes("含当天", "The day itself counts", default=True)
    clamp = c.yes("小月取月末", "Last day in short months", default=True)
    weekend_shift = c.choice(
        "遇非工作日",
        "On a day off",
        ("none", "不变", "Stays"),
        ("before", "提前", "Moves before"),
        ("after", "顺延", "Moves after"),
    )
    covers = c.choice(
        "统计期间",
        "Covers",
        ("same", "本期", "The same period"),
        ("previous", "上一期", "The period before"),
        ("cutoff", "上期截止日次日至本期截止日", "From cut-off day to cut-off day"),
        ("to_date", "本期至今", "The period to date"),
    )
    cutoff_day = c.integer("截止日", "Cut-off day", low=1, high=31)
    latest_months = c.integer(
        "最长间隔", "At the latest after", unit=("个月", "months")
    )
    compiler = c.choice("编制角色", "Compiled by", *ROLES)
    reviewer = c.choice("审阅角色", "Reviewed by", *ROLES)
    recipients = c.text("分送", "Sent to")
    publish = c.yes("要公布", "Published")
    per = c.choice(
        "单位",
        "For each",
        ("office", "公司", "Company"),
        ("project", "项目", "Project"),
        ("zone", "片区", "Zone"),
        ("department", "部门", "Department"),
        ("document", "受控文件", "Controlled document"),
    )
    ahead_days = c.integer("提前生成", "Opened before", unit=("天", "days"))
    active = c.yes("启用", "In use", default=True)
    source = c.text("依据", "Source")
    confirmed = c.yes("已确认", "Confirmed")


class CardPolicy(Policy):
    """The terms of a card for one kind of holder."""

    title = ("办卡规则", "Card terms")
    about = (
        "各类持卡人的有效期、所需证件、审批、收费和免费更换期。",
        "Validity, papers, approval, charge and free replacement by kind of holder.",
    )
    show = ("title_zh", "validity_months", "approver", "issuer", "confirmed")
    search = ("title_zh", "title_en")
    label_column = "title_zh"
    __table_args__ = _once("code")

    code = c.text("代码", "Code", size=60, required=True)
    title_zh = c.text("名称", "Title", required=True)
    title_en = c.text("英文名称", "English title")
    card_kind = c.choice("卡种", "Card", *CARD_KINDS, required=True)
    holder_kind = c.choice("持卡人类别", "Kind of holder", *CARD_HOLDERS)
    validity_months = c.integer("有效期", "Valid for", unit=("个月", "months"))
    capped_by_lease = c.yes("不超过租期", "Not beyond the lease")
    papers = c.several("要查验的资料", "Papers required", *CARD_PAPERS)
    copies = c.several("要复印的资料", "Papers copied", *CARD_PAPERS)
    agreement_needed = c.yes("先签车位协议", "Parking agreement signed first")
    verifier = c.choice("核实角色", "Verified by", *ROLES)
    needs_approval = c.yes("需审批", "Needs approval")
    approver = c.choice("审批角色", "Approved by", *ROLES)
    issuer = c.choice("发卡角色", "Issued by", *ROLES)
    charged = c.yes("收工本费", "Production cost charged")
    fee = c.text("收费标准代码", "Fee standard", size=60)
    free_replacement_months = c.integer(
        "非人为损坏免费更换期", "Free replacement within", unit=("个月", "months")
    )
    remind_days = c.integer("到期前提醒", "Listed before expiry", unit=("天", "days"))
    format_before_reuse = c.yes("再用前格式化", "Formatted before reuse")
    recall_on_transfer = c.yes("更名时收回", "Recalled on transfer of ownership")
    source = c.text("依据", "Source")
    confirmed = c.yes("已确认", "Confirmed")


class NumberSeries(Policy):
    """How the records of one type are numbered."""

    title = ("编号规则", "Numbering")
    about = (
        "各种单据的编号前缀、样式和起算周期。",
        "Prefix, pattern and period of the numbers of each record type.",
    )
    rows = ("A12",)
    show = ("target", "prefix", "pattern", "period", "confirmed")
    search = ("target", "prefix")
    label_column = "prefix"
    __table_args__ = (*_once("target"), *_once("prefix"))

    target = c.text("单据", "Record type", size=40, names="records", required=True)
    prefix = c.text("前缀", "Prefix", size=10, required=True, row="A12")
    pattern = c.text("样式", "Pattern", size=60, required=True, row="A12")
    period = c.choice(
        "重新起算",
        "Starts again",
        ("year", "每年", "Every year"),
        ("month", "每月", "Every month"),
        ("never", "不重新起算", "Never"),
        required=True,
        row="A12",
    )
    gap_free = c.yes("不许断号", "Without gaps")
    source = c.text("依据", "Source")
    confirmed = c.yes("已确认", "Confirmed")


class FeeStandard(Policy):
    """What a fee costs, how it is worked out, and who set it."""

    title = ("收费标准", "Fee standards")
    about = (
        "各项费用的计算方法和单价；没有填单价的，涉及收费的业务不能办。",
        "Method and rate of each fee; without a rate nothing can be charged for it.",
    )
    group = "fee"
    rows = ("A13",)
    show = ("fee_kind", "name", "rate", "unit", "effective_from", "confirmed")
    search = ("name", "method")
    label_column = "name"
    __table_args__ = _once("code")

    code = c.text("代码", "Code", size=60, required=True)
    fee_kind = c.word("费用种类", "Kind of fee", "fee_kind", required=True, row="A13")
    name = c.text("名称", "Name", required=True)
    method = c.text("计算方法", "Method of calculation", size=400, row="A13")
    basis = c.choice(
        "计价依据",
        "Worked out by",
        ("area_month", "面积 × 月数", "Area × months"),
        ("month", "月数", "Months"),
        ("quantity", "数量", "Quantity"),
        row="A13",
    )
    rate = c.decimal("单价", "Rate", places=4, row="A13")
    unit = c.text("计价单位", "Charged by", size=40, row="A13")
    department_id = c.ref("制定部门", "Set by the department", "department", row="A13")
    effective_from = c.date("执行日期", "Effective from", row="A13")
    effective_until = c.date("执行至", "Effective until")
    source = c.text("依据", "Source")
    confirmed = c.yes("已确认", "Confirmed")


class CalendarDay(Policy):
    """A day that differs from the working week: a holiday or a make-up working day."""

    title = ("工作日历", "Working calendar")
    about = (
        "法定节假日和调休上班日；没有列出的日子按每周工作日算。",
        "Public holidays and make-up working days; other days follow the working week.",
    )
    rows = ("A12",)
    varies = True
    show = ("day", "name", "working", "makeup", "project_id")
    search = ("name",)
    label_column = "name"
    __table_args__ = _once("day")

    day = c.date("日期", "Day", required=True, row="A12")
    working = c.yes("上班", "Working day", row="A12")
    name = c.text("节假日", "Holiday", size=40, row="A12")
    makeup = c.yes("调休上班", "Make-up working day", row="A12")
    source = c.text("依据", "Source")


class ChoiceLabel(Policy):
    """A word of an editable list, and what it stands for in another list."""

    title = ("分类字典", "Lists of words")
    about = (
        "各处下拉选项的用词；可增加、改名、停用，停用的词旧单据照样显示。",
        "The words of the drop-down lists; a word out of use stays on old records.",
    )
    show = ("list", "code", "zh", "en", "maps_to", "active")
    search = ("list", "code", "zh", "en")
    label_column = "zh"
    __table_args__ = _once("list", "code")

    list = c.text("字典", "List", size=60, required=True)
    code = c.text("代码", "Code", size=40, required=True)
    zh = c.text("中文", "Chinese", size=100, required=True)
    en = c.text("英文", "English", size=100)
    maps_to = c.text("对应", "Stands for", size=60)
    position = c.integer("顺序", "Order", high=100_000)
    active = c.yes("启用", "In use", default=True)
    source = c.text("依据", "Source")


class Setting(Policy):
    """One decision of the office that no other policy holds."""

    title = ("设置", "Settings")
    about = (
        "程序文件没有定下来、由本公司自己定的事项；带依据条款，未确认的会列出。",
        "What the procedures leave to the office, each with its source.",
    )
    rows = ("A12",)
    show = ("code", "title_zh", "value", "unit", "source", "confirmed")
    search = ("code", "title_zh", "title_en", "value")
    label_column = "title_zh"
    __table_args__ = _once("code")

    code = c.text("代码", "Code", size=60, required=True)
    title_zh = c.text("名称", "Title", required=True)
    title_en = c.text("英文名称", "English title")
    value = c.text("值", "Value", size=1000, names="options", row="A12")
    type = c.choice(
        "类型",
        "Type",
        ("text", "文字", "Text"),
        ("integer", "整数", "Whole number"),
        ("decimal", "小数", "Decimal number"),
        ("yes", "是否", "Yes or no"),
        ("choice", "单选", "One of"),
        ("list", "多选", "Several of"),
        ("time", "时刻", "Time of day"),
        required=True,
    )
    options = c.text("可选值", "Possible values", size=400)
    unit = c.text("单位", "Unit", size=40)
    targets = c.text("涉及的档案", "Record types concerned", size=400, names="records")
    note = c.long("说明", "Explanation")
    source = c.text("依据", "Source")
    confirmed = c.yes("已确认", "Confirmed")


class Hint(Policy):
    """What the procedures advise, shown beside the step that it is about."""

    title = ("操作提示", "Guidance")
    about = (
        "怎么说、怎么做、什么不能答应；办到哪一步就在旁边提示，可改可停用。",
        "What to say, what to do and what not to promise, beside the step.",
    )
    show = ("title_zh", "text_zh", "places", "source", "active")
    search = ("code", "title_zh", "title_en", "text_zh", "text_en")
    label_column = "title_zh"
    __table_args__ = _once("code")

    code = c.text("代码", "Code", size=60, required=True)
    title_zh = c.text("标题", "Title", size=60, required=True)
    title_en = c.text("英文标题", "English title", size=60)
    text_zh = c.text("提示", "Advice", size=500, required=True)
    text_en = c.text("英文提示", "English advice", size=500)
    places = c.text(
        "出现在",
        "Shown at",
        size=400,
        required=True,
        help=(
            "单据或“单据.步骤”，快速接待用 reception.类别，空格隔开。",
            "Record types or type.step, reception.category at the desk; spaces.",
        ),
    )
    position = c.integer("顺序", "Order", high=100_000)
    active = c.yes("启用", "In use", default=True)
    source = c.text("依据", "Source", size=400)


class Grant(Policy):
    """One right: a role may do this to that group of records within this scope."""

    title = ("权限", "Rights")
    about = (
        "哪个角色对哪类档案可以做什么、范围多大；谁也不能改自己的权限。",
        "Which role may do what to which records, how far; nobody changes his own.",
    )
    section = "system"
    group = "system"
    show = ("role", "target", "action", "scope", "head", "fields")
    search = ("target", "action", "purpose")
    label_column = "target"
    __table_args__ = _once("role", "target", "action", "scope", "head")

    role = c.choice("角色", "Role", *ROLES, required=True)
    target = c.text("档案组或档案", "Group or record type", size=40, required=True)
    action = c.text("动作", "Action", size=40, required=True)
    scope = c.choice(
        "范围",
        "Scope",
        ("own", "本人经手的", "Own"),
        ("dept", "本部门的", "Own departments"),
        ("proj", "本项目的", "Own projects"),
        ("all", "全部", "All"),
        required=True,
    )
    head = c.yes("仅部门负责人", "Heads of a department only")
    fields = c.text(
        "仅限字段",
        "Only these fields",
        size=400,
        help=(
            "字段名，用逗号分开；查看个人信息的也可写种类(如 phone)。空着表示全部。",
            "Field names, with commas; for personal data kinds too. Empty means all.",
        ),
    )
    only = c.text(
        "仅限种类",
        "Only these kinds",
        help=(
            "如 report_kind=a|b；没有这个字段的档案不受此限。",
            "As in report_kind=a|b; types without that field are not limited.",
        ),
    )
    purpose = c.text("用途", "Purpose")
    source = c.text("依据", "Source")


class Gateway(Policy):
    """A way by which messages leave the office: a mail server, an SMS or chat robot."""

    title = ("消息通道", "Message gateways")
    about = (
        "消息经哪里发出去：邮箱、短信或工作群机器人；没有通道，消息只在系统里看。",
        "How messages leave the office; without any they are read in the panel only.",
    )
    section = "system"
    group = "system"
    show = ("name", "reaches", "urgent_only", "project_id", "active")
    search = ("name",)

    name = c.text("名称", "Name", size=60, required=True)
    reaches = c.choice(
        "发给",
        "Reaches",
        ("mail", "本人邮箱", "The recipient's mailbox"),
        ("phone", "本人手机", "The recipient's telephone"),
        ("room", "工作群", "A group chat"),
        required=True,
    )
    address = Secret(
        "通道地址",
        "Address of the gateway",
        mask="text",
        size=500,
        required=True,
        help=(
            "邮箱写 smtps://账号:密码@服务器:465?from=发件邮箱；企业微信、钉钉、飞书写"
            " wecombot://、dingtalk://、feishu://；短信写 jsons://，号码处写 {to}。",
            "Mail: smtps://user:password@server:465?from=sender; chats: wecombot://,"
            " dingtalk://, feishu://; SMS: jsons:// with {to} for the number.",
        ),
    )
    urgent_only = c.yes("只发紧急的", "Urgent messages only")
    project_id = c.ref(
        "项目",
        "Project",
        "project",
        help=(
            "只发这个项目的消息，如各小区自己的工作群；空着表示各项目通用。",
            "Carries this estate's messages alone; empty means every project.",
        ),
    )
    active = c.yes("启用", "In use", default=True)


# --- 系统 System ---------------------------------------------------------------------


class User(Master):
    """The login of a member of staff."""

    title = ("账号", "Logins")
    about = (
        "员工的登录账号；离职就停用，不删除。",
        "The logins of the staff; disabled when somebody leaves, never deleted.",
    )
    group = "system"
    section = "system"
    rows = ("A09",)
    owner = "office"
    own = ("staff_id",)
    show = ("username", "staff_id", "disabled", "last_sign_in")
    search = ("username",)
    label_column = "username"
    __table_args__ = (UniqueConstraint("username"), UniqueConstraint("staff_id"))

    username = c.text("账号", "User name", size=60, required=True, row="A09")
    staff_id = c.ref("员工", "Staff member", "staff", index=False, required=True)
    password_hash = c.text("密码", "Password", auto=True, personal="hash")
    must_change = c.yes("须改密码", "Must change the password", auto=True)
    disabled = c.yes("停用", "Disabled")
    language = c.choice(
        "界面语言",
        "Language",
        ("zh_Hans_CN", "中文", "Chinese"),
        ("en", "英文", "English"),
    )
    last_sign_in = c.moment("上次登录", "Last signed in", auto=True)


class RoleAssignment(Master):
    """A role that a user has, where and from when to when; delegations too."""

    title = ("角色分配", "Roles given")
    about = (
        "谁在哪个项目、哪个部门担任什么角色，从何时到何时；代理也在这里写。",
        "Who has which role in which project and department, and until when.",
    )
    group = "system"
    section = "system"
    rows = ("A09",)
    owner = "office"
    own = ("user_id",)
    show = ("user_id", "role", "project_id", "department_id", "head", "valid_until")
    label_column = "role"

    user_id = c.ref("账号", "User", "user", required=True)
    role = c.choice("角色", "Role", *ROLES, required=True, row="A09")
    project_id = c.ref(
        "项目",
        "Project",
        "project",
        row="A09",
        help=("空着表示本公司全部项目。", "Empty means every project of the office."),
    )
    department_id = c.ref("部门", "Department", "department")
    head = c.yes("部门负责人", "Head of the department")
    valid_from = c.date("自", "From", index=True)
    valid_until = c.date("至", "Until", index=True)
    delegated_from_id = c.ref("代理谁", "Standing in for", "user")
    reason = c.text("原因", "Reason")
