"""What a sample estate is laid out like: departments, posts, buildings, parties."""

from __future__ import annotations

DEPARTMENTS = (
    ("office", "项目办公室", "department", ""),
    ("customer_service", "客户服务部", "department", ""),
    ("engineering", "工程部", "department", ""),
    ("security", "秩序维护部", "department", ""),
    ("control_centre", "监控中心", "team", "security"),
    ("environment", "环境部", "department", ""),
    ("finance", "财务部", "department", ""),
)
POSTS = """
office: project_manager*1 assistant_manager*1 clerk*1
customer_service: service_supervisor*1 receptionist*4 butler*4 affairs_assistant*1
 information_officer*1
engineering: engineering_supervisor*1 repair_head*1 electrician*3 repairman*3
 low_voltage*1 switch_room*2 decoration_inspector*1
security: security_supervisor*1 gate_guard*5 patrol_guard*3 parking_guard*2
control_centre: control_room*3
environment: cleaning_head*1 cleaner*4 gardener*2
finance: accountant*1 cashier*1 fee_collector*1
"""
HEADS = {
    "office": "project_manager",
    "customer_service": "service_supervisor",
    "engineering": "engineering_supervisor",
    "security": "security_supervisor",
    "control_centre": "security_supervisor",
    "environment": "cleaning_head",
    "finance": "accountant",
}
"""Department -> the position of its head, who is above everybody in it."""
BLOCKS = (
    # name, code, entrances, storeys, homes a storey, whether it skips 4, 13 and 14
    ("1栋", "1", 2, 9, 4, False),
    ("2栋", "2", 2, 9, 4, False),
    ("3栋", "3", 2, 9, 4, False),
    ("4栋", "4", 2, 18, 2, False),
    ("5栋", "5", 2, 18, 2, False),
    ("6栋", "6", 1, 18, 4, False),
    ("7栋", "7", 2, 11, 3, False),
    ("8栋", "8", 1, 18, 4, True),
    ("9栋", "9", 1, 6, 3, False),
)
UNLUCKY = {4: "3A", 13: "12A", 14: "13A"}
VILLAS, SHOPS, STORES, SPACES = 12, 16, 8, 180
MATTERS = {
    "customer_service": ("other", "general_service"),
    "engineering": ("repair", "equipment"),
    "security": ("other", "safety"),
    "environment": ("service", "environment"),
    "office": ("suggestion", "neighbours"),
}
"""Department -> the reception and complaint categories it answers for."""
PARTIES = {
    "电梯维保单位": "maintenance",
    "消防维保单位": "maintenance",
    "保洁外包": "contractor",
    "绿化外包": "contractor",
    "开发商售后": "after_sales",
    "供水公司": "municipal",
    "供电公司": "municipal",
    "燃气公司": "municipal",
    "有线电视": "municipal",
    "通信公司": "municipal",
    "街道办事处": "government",
    "社区居委会": "community",
    "派出所警务室": "police",
    "业主委员会": "committee",
    "示例银行": "bank",
    "开发商工程部": "developer",
}
CHANNELS = (
    ("telephone", "12000000100", "08:30-18:00"),
    ("desk_line", "12000000101", "08:30-18:00"),
    ("branch_hotline", "12000000102", "09:00-18:00"),
    ("box", "北门意见箱", "每周五开启"),
    ("office_location", "客服中心前台", "08:30-18:00"),
)
PLANS = ("fire", "lift_trap", "water_burst", "gas", "storm", "medical", "security")
