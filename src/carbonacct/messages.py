"""Every user-facing word, in English and Chinese, in one catalogue."""

from __future__ import annotations

import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LANGUAGES = ("en", "zh")
_current: str | None = None


def set_language(lang: str | None) -> None:
    """Choose ``en`` or ``zh`` for messages and texts; None goes back to the locale."""
    global _current
    if lang is not None and lang not in _LANGUAGES:
        raise ValueError(f"language is one of {', '.join(_LANGUAGES)}, not {lang!r}")
    _current = lang


@contextmanager
def speaking(lang: str | None) -> Iterator[str]:
    """Within the block, texts are in ``lang`` (None: the language in force); gives the language."""
    global _current
    before, chosen = _current, lang or language()
    set_language(chosen)
    try:
        yield chosen
    finally:
        _current = before


def language() -> str:
    """The language in force: chosen, else from CARBONACCT_LANG, else from the locale."""
    if _current:
        return _current
    for name in ("CARBONACCT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "zh" if (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese")) else "en"


def say(message: str, lang: str | None = None, /, **words: Any) -> str:
    """The text of a message with its words put in."""
    english, chinese = CATALOGUE[message]
    return (chinese if (lang or language()) == "zh" else english).format(**words)


CATALOGUE: dict[str, tuple[str, str]] = {
    "verbatim": ("{text}", "{text}"),
    "hint.nearest": ("; did you mean '{name}'?", "；是否指“{name}”？"),
    "hint.percent": ("; for a percentage write '{value} %'", "；若为百分数请写作“{value} %”"),
    # units
    "unit.mismatch": ("'{given}' is not a unit of the same kind as '{expected}'", "“{given}”与“{expected}”不是同类单位"),
    "unit.unknown": ("unknown unit '{unit}' in '{text}'", "“{text}”中有未知单位“{unit}”"),
    "unit.unreadable": ("'{text}' is not a unit", "“{text}”不是单位"),
    "quantity.unreadable": (
        "'{text}' is not a number with a unit, such as '120000 t'",
        "“{text}”不是带单位的数值（例如“120000 t”）",
    ),
    # files
    "file.unreadable": ("{file}: cannot be read: {reason}", "{file}：无法读取：{reason}"),
    "file.too_large": ("{file}: larger than {limit} bytes", "{file}：超过 {limit} 字节"),
    "file.not_utf8": ("{file}: not UTF-8 (byte {position})", "{file}：不是 UTF-8 编码（第 {position} 字节）"),
    "file.id_mismatch": ("id is '{id}', but the file's place says '{expected}'", "id 为“{id}”，但按文件位置应为“{expected}”"),
    "yaml.syntax": ("YAML syntax: {reason}", "YAML 语法错误：{reason}"),
    "yaml.empty": ("the file is empty", "文件为空"),
    "yaml.depth": ("nested deeper than {limit} levels", "嵌套超过 {limit} 层"),
    "yaml.tag": ("tag {tag} is not allowed", "不允许使用标签 {tag}"),
    "yaml.alias": ("anchors and aliases are not allowed", "不允许使用锚点和别名"),
    "yaml.key": ("a key must be a plain text", "键必须为文本"),
    "yaml.duplicate": ("duplicate key '{key}'", "键“{key}”重复"),
    "yaml.not_mapping": ("a mapping is expected here", "此处应为键值映射"),
    "schema.unknown_key": ("unknown key '{key}'", "未知的键“{key}”"),
    "schema.missing_key": ("'{key}' is missing", "缺少“{key}”"),
    "schema.unknown_source": ("unknown source '{source}'", "未知来源“{source}”"),
    "schema.evidence": ("evidence is one of {allowed}, not '{value}'", "证据等级应为 {allowed} 之一，而不是“{value}”"),
    "template.cycle": ("template '{name}' includes itself", "模板“{name}”包含自身"),
    "template.unknown": ("no template '{name}'", "没有模板“{name}”"),
    "path.no_builtin": (
        "the built-in factors/ and methodologies/ were not found near {path}",
        "在 {path} 附近找不到内置的 factors/ 与 methodologies/",
    ),
    "index.no_title": ("no title at the head of the file", "文件开头没有标题"),
    "methodologies.unknown": ("no methodology '{id}'", "没有方法学“{id}”"),
    "methodologies.ambiguous": ("'{name}' fits several methodologies: {ids}", "“{name}”对应多个方法学：{ids}"),
    "factors.unknown": ("no factor table '{id}'", "没有因子表“{id}”"),
    # tables
    "table.cell": ("'{value}' is not a number", "“{value}”不是数值"),
    "table.keys": ("a row of a keyed table needs: {keys}", "按键查询的表，其行需有：{keys}"),
    "table.omit_unknown": ("'{row}' is not a row of the inherited table", "被继承的表没有“{row}”行"),
    "table.no_unit": (
        "{table}: row {row}: column {column} has no unit for items counted in '{unit}'",
        "{table}：{row} 行：{column} 列没有对应“{unit}”的单位",
    ),
    "table.dimension": (
        "{table}: row {row}, column {column} is in '{unit}', but {symbol} is in '{expected}'",
        "{table}：{row} 行 {column} 列的单位为“{unit}”，而 {symbol} 的单位为“{expected}”",
    ),
    "table.axis": ("the values of an axis must ascend", "坐标轴数值必须递增"),
    "table.grid_shape": ("the grid should be {expected}, not {found}", "表格应为 {expected}，而不是 {found}"),
    "table.outside": (
        "{table}: {axis} = {value:g} {unit} is outside the table ({low:g} to {high:g})",
        "{table}：{axis} = {value:g} {unit} 超出表的范围（{low:g} 至 {high:g}）",
    ),
    "table.hole": ("{table}: no figure at {where}", "{table}：{where} 处没有数值"),
    # expressions
    "expression.too_long": ("the formula is longer than {limit} characters", "公式超过 {limit} 个字符"),
    "expression.too_deep": ("the formula is nested deeper than {limit} levels", "公式嵌套超过 {limit} 层"),
    "expression.too_large": ("the formula has more than {limit} parts", "公式超过 {limit} 个组成部分"),
    "expression.syntax": ("'{text}' is not a formula: {reason}", "“{text}”不是公式：{reason}"),
    "expression.not_allowed": ("'{part}' is not allowed in a formula ('{text}')", "公式中不允许“{part}”（“{text}”）"),
    "expression.number": ("the number '{part}' is too long or too large", "数字“{part}”过长或过大"),
    "expression.exponent": ("the exponent in '{part}' is too large or not a plain number", "“{part}”的指数过大或不是简单数字"),
    "expression.sum": ("'{part}': write sum(expression for x in sublines)", "“{part}”：应写作 sum(表达式 for x in 子行)"),
    "expression.interpolate": ("'{part}': write interpolate(table.column, x, y)", "“{part}”：应写作 interpolate(表.列, x, y)"),
    "expression.function": ("'{part}': there is no such function", "“{part}”：没有这个函数"),
    "expression.arguments": ("'{part}': wrong number of arguments", "“{part}”：参数个数不对"),
    # the unit proof
    "proof.result": (
        "'{text}' has the dimension {found}, but its unit '{unit}' is {wanted}",
        "“{text}”的量纲为 {found}，而其单位“{unit}”为 {wanted}",
    ),
    "proof.dimensionless": ("'{text}' must be a plain number, but is {found}", "“{text}”必须为无量纲数，实际为 {found}"),
    "proof.unlike": ("in '{text}', '{part}' is {found}, not {wanted}", "“{text}”中的“{part}”为 {found}，而不是 {wanted}"),
    "proof.axes": ("table {table} has {expected} axes, not {found}", "表 {table} 有 {expected} 个坐标轴，而不是 {found} 个"),
    "proof.condition_as_number": ("'{text}' is a condition, not a number", "“{text}”是条件，不是数值"),
    "proof.number_as_condition": ("'{text}' is a number, not a condition", "“{text}”是数值，不是条件"),
    "proof.round_digits": (
        "'{text}': the digits of round must be a whole number from 0 to 12",
        "“{text}”：round 的位数必须为 0 至 12 的整数",
    ),
    "proof.round_unit": ("'{text}': only a symbol or a whole formula can be rounded", "“{text}”：只能对符号或整个公式修约"),
    "proof.option": ("{choice} has no option '{option}' (it has {options})", "{choice} 没有选项“{option}”（可选：{options}）"),
    "compile.unknown_name": ("unknown name '{name}'", "未知名称“{name}”"),
    "compile.name_twice": ("the name '{name}' is used twice", "名称“{name}”重复"),
    "compile.shadows_constant": ("'{name}' is the name of a constant", "“{name}”是常数名"),
    "compile.choice_as_number": ("{name} is a choice, not a number", "{name} 是选项，不是数值"),
    "compile.not_a_choice": ("{name} is not a choice of this stream", "{name} 不是本排放源的选项"),
    "compile.nested_sum": (
        "a sum inside a sum is not allowed: make the inner one a symbol of the sub-line",
        "不允许求和嵌套：请把内层求和定义为子行的符号",
    ),
    "compile.foreign_placeholder": ("'{unit}' uses the unit of another item than {item}", "“{unit}”使用了 {item} 以外的项目单位"),
    "compile.unit_map": ("these units do not agree: {units}", "这些单位互不一致：{units}"),
    "compile.no_items": ("items.{column}: this stream has no items table", "items.{column}：本排放源没有项目表"),
    "compile.no_row_key": (
        "table {table}: nothing selects the row; write {table}.COLUMN[choice]",
        "表 {table}：无法确定行；应写作 {table}.列[选项]",
    ),
    "compile.empty_cell": ("{table}: row {row} has no figure for {column}", "{table}：{row} 行没有 {column} 的数值"),
    "compile.braced_output": ("output '{name}' must name the item '{item}'", "输出“{name}”应为项目“{item}”"),
    "gwp.unknown": ("no GWP set '{name}' (there are {sets})", "没有 GWP 数据集“{name}”（可选：{sets}）"),
    # inputs
    "input.not_mapping": ("inputs must be a mapping of streams to lines, not {got}", "输入应为“排放源: 行”的映射，而不是 {got}"),
    "input.unknown_stream": ("unknown stream '{name}'", "未知排放源“{name}”"),
    "input.not_lines": ("expected a list of lines or one mapping, not {got}", "应为行的列表或一个映射，而不是 {got}"),
    "input.line_not_mapping": ("a line is a mapping of symbols to values, not {got}", "一行应为“符号: 数值”的映射，而不是 {got}"),
    "input.line_empty": ("the line is empty", "该行为空"),
    "input.unknown_symbol": ("unknown symbol '{name}'", "未知符号“{name}”"),
    "input.no_item": ("'{item}' is missing (for instance {examples})", "缺少“{item}”（例如 {examples}）"),
    "input.custom_item": ("an item of your own is written {{name: …, unit: …}}", "自定义项目应写作 {{name: …, unit: …}}"),
    "input.unknown_item": ("'{name}' is not in table {table}", "表 {table} 中没有“{name}”"),
    "input.unknown_option": ("'{name}' is not an option (there are {options})", "“{name}”不是可选项（可选：{options}）"),
    "input.not_finite": (
        "'{value}' is not a finite number; leave out what is not known",
        "“{value}”不是有限数值；未知的数据请不要填写",
    ),
    "input.not_a_quantity": (
        "{got} is not a quantity; give a number in {expected}, or text with a unit",
        "{got} 不是数量；请给出以 {expected} 为单位的数值，或带单位的文本",
    ),
    "input.item_unit_unknown": (
        "the unit of the item must be known to read {symbol}: {{name: …, unit: t}}",
        "读取 {symbol} 需要知道项目的单位：{{name: …, unit: t}}",
    ),
    "input.wrong_dimension": (
        "{symbol} was given as {given}, but is expected in {expected}",
        "{symbol} 给出的是 {given}，应以 {expected} 为单位",
    ),
    "input.period": ("period '{value}' does not begin with a year", "期间“{value}”没有以年份开头"),
    "input.region": ("unknown region '{value}'", "未知地区“{value}”"),
    "input.file_key": ("unknown key '{key}' in the input file", "输入文件中有未知的键“{key}”"),
    "input.file_missing": ("the input file needs '{key}:'", "输入文件缺少“{key}:”"),
    "input.file_type": ("'{key}' should be {expected}", "“{key}”应为{expected}"),
    # lines
    "resolve.or": ("; or ", "；或 "),
    "line.missing": ("not enough is given; give {what}", "数据不足；请给出 {what}"),
    "line.context": (
        " [table {table} has no row for region {region}, period {year}; regions: {regions}]",
        " [表 {table} 中没有地区 {region}、期间 {year} 的数据；可选地区：{regions}]",
    ),
    "line.zero_division": (
        "a division by zero; check the quantities that a mean is weighted by",
        "除数为零；请检查用于加权的数量",
    ),
    "line.not_finite": ("the result is not a finite number", "结果不是有限数值"),
    "line.range": ("{symbol} = {value}{unit} is outside {low} to {high}", "{symbol} = {value}{unit} 超出范围 {low} 至 {high}"),
    "batch.more": ("… and {count} more lines", "……另有 {count} 行"),
    "total.unknown": ("no total '{name}'", "没有合计项“{name}”"),
    "total.no_gwp": (
        "{names}: no figure in the GWP set {sets}; choose another with gwp=",
        "{names}：GWP 数据集 {sets} 中没有数值；请用 gwp= 选择其他数据集",
    ),
    # frames
    "frame.no_entity": ("no entity {key}", "没有核算主体 {key}"),
    "frame.no_column": ("column '{column}' is missing", "缺少列“{column}”"),
    "frame.unknown_column": ("unknown column '{column}'", "未知列“{column}”"),
    "frame.line_column": (
        "needs a column 'line' with the row number of each sub-line's line (0 to {count}, exclusive)",
        "需要“line”列，给出每个子行所属行的行号（0 起，小于 {count}）",
    ),
    "sample.target": ("'{target}' is not a symbol of a line", "“{target}”不是某一行的符号"),
    "sample.distribution": (
        "{target}: a distribution is (normal, relative deviation), (uniform, low, high) or (triangular, low, mode, high), not {got}",
        "{target}：分布应为 (normal, 相对标准差)、(uniform, 下限, 上限) 或 (triangular, 下限, 众数, 上限)，而不是 {got}",
    ),
    "sample.custom": ("{place}: items of one's own cannot be sampled yet", "{place}：暂不支持对自定义项目抽样"),
    "compare.left_out": (
        "{place}: {name} is not known to {methodology} and was left out",
        "{place}：{methodology} 没有 {name}，未采用",
    ),
    "compare.factors": ("factors", "因子"),
    "compare.formulas": ("formulas", "公式"),
    "compare.boundary": ("boundary", "边界"),
    "portfolio.not_a_model": ("{model} is not a benefit model (it has several streams)", "{model} 不是效益模型（含多个排放源）"),
    "portfolio.no_share": (
        "the financed share needs investment > 0 and {amount} >= 0",
        "计算融资占比需要总投资大于 0 且 {amount} 不小于 0",
    ),
    "portfolio.no_item": ("'{item}' is missing or unknown", "缺少“{item}”或其未知"),
    # warnings
    "warning.absent": ("{stream}: not given, taken as absent", "{stream}：未给出，视为不存在"),
    "warning.defaults": ("{place}: default values used for {symbols}", "{place}：{symbols} 采用缺省值"),
    "warning.unused": ("{place}: given but without effect: {symbols}", "{place}：已给出但未参与计算：{symbols}"),
    "warning.negative": (
        "{place}: {output} is negative: the project side exceeds the baseline (see the formula's terms)",
        "{place}：{output} 为负：项目情景高于基准情景（见公式各项）",
    ),
    "warning.range": (
        "{place}: {symbol} = {value} {unit} is outside the range that the text prints ({low} to {high})",
        "{place}：{symbol} = {value} {unit} 超出原文给出的范围（{low} 至 {high}）",
    ),
    "warning.note": ("{place}: {symbol}: {note}", "{place}：{symbol}：{note}"),
    # traces
    "trace.unknown": ("nothing is called '{target}' here", "此处没有“{target}”"),
    "trace.no_line": ("'{target}': there are {count} lines, counted from 0", "“{target}”：共有 {count} 行（从 0 起编号）"),
    "trace.not_used": ("{place}: {symbol} takes no part in this calculation", "{place}：{symbol} 未参与本次计算"),
    # checks
    "check.expected": ("{target}: expected {expected}, found {found} {unit}", "{target}：应为 {expected}，实际为 {found} {unit}"),
    "check.printed": (
        "{place}: the printed form '{printed}' gives {first}, the formula {second}",
        "{place}：印刷公式“{printed}”得 {first}，计算公式得 {second}",
    ),
    "check.printed_random": (
        "the printed form '{printed}' and the formula '{formula}' differ by {error:.3g} on random numbers",
        "印刷公式“{printed}”与计算公式“{formula}”在随机数上相差 {error:.3g}",
    ),
    "check.summary": (
        "{id}: {cases} cases, {expectations} expected values, {printed} printed formulas, {problems} problems",
        "{id}：{cases} 个算例，{expectations} 个期望值，{printed} 个印刷公式，{problems} 个问题",
    ),
    "check.summary_table": ("{id}: factor table, {problems} problems", "{id}：因子表，{problems} 个问题"),
    "check.no_source": ("a value without a source", "数值没有来源"),
    # words of texts
    "type.str": ("text", "文本"),
    "type.dict": ("a mapping", "键值映射"),
    "kind.given": ("given", "给定"),
    "kind.default": ("default", "缺省值"),
    "kind.table": ("from the table", "查表"),
    "kind.constant": ("constant", "常数"),
    "kind.formula": ("formula", "公式"),
    "kind.choice": ("choice", "选项"),
    "kind.absent": ("not given", "未给出"),
    "kind.repeated": ("as above", "同上"),
    "evidence.crosschecked": ("crosschecked", "多源核对"),
    "evidence.confirmed": ("confirmed", "单源确认"),
    "evidence.worked": ("worked", "自行推算"),
    "evidence.unconfirmed": ("unconfirmed", "未证实"),
    "evidence.given": ("given", "给定"),
    "explain.way": ("by: {way}", "方式：{way}"),
    "explain.passed": ("not open here: {ways}", "此处不适用：{ways}"),
    "explain.equation": ("equation {number}", "公式{number}"),
    "explain.printed": ("as printed", "原文写法"),
    "form.how": (
        "Fill in: remove the # before what you have, keep the indentation; what stays commented is not given.",
        "填写方法：去掉已有数据前的 #，保持缩进；仍被注释的内容视为未给出。",
    ),
    "form.free": ("any name", "任意名称"),
    "form.else": ("else", "否则"),
    "form.default": ("default", "缺省值"),
    "form.suffix": ("a form is written as .yaml, not {suffix}", "输入表应为 .yaml 文件，而不是 {suffix}"),
    "factors.nothing": ("nothing in the factor tables is called '{text}'", "因子表中没有“{text}”"),
    "column.table": ("table", "表"),
    "column.row": ("item", "项目"),
    "column.column": ("quantity", "参数"),
    "column.value": ("value", "数值"),
    "column.unit": ("unit", "单位"),
    "column.evidence": ("evidence", "证据等级"),
    "column.source": ("source", "来源"),
    "column.stream": ("emission source", "排放源"),
    "column.title": ("title", "名称"),
    "column.symbol": ("symbol", "符号"),
    "column.place": ("place", "位置"),
    "column.equation": ("equation", "公式编号"),
    "column.kind": ("kind", "类别"),
    "column.note": ("note", "备注"),
    "column.line": ("line", "行"),
    "column.gas": ("gas", "气体"),
    "column.scope": ("scope", "范围"),
    "column.origin": ("obtained by", "取值方式"),
    "column.formula": ("formula", "计算公式"),
    "column.tonnes": ("tonnes", "吨数"),
    "column.gwp": ("GWP", "GWP"),
    "column.co2e": ("tCO2e", "tCO2e"),
    "column.share": ("share", "占比"),
    "scope.direct": ("direct", "直接排放"),
    "scope.indirect": ("indirect", "间接排放"),
    "scope.deduction": ("deduction", "扣除"),
    "scope.benefit": ("benefit", "环境效益"),
    "scope.memo": ("memo item", "备查"),
    "show.version": ("version", "版本"),
    "show.document": ("published text", "文件"),
    "show.superseded": ("superseded by", "后续文件"),
    "show.included": ("counted", "核算范围"),
    "show.excluded": ("not counted", "不核算"),
    "show.streams": ("Emission sources", "排放源"),
    "show.totals": ("Totals", "合计"),
    "show.tables": ("Factor tables", "因子表"),
    "show.omitted": ("Left out", "未纳入"),
    "show.questions": ("Open questions", "待确认问题"),
    "show.cases": ("cases", "算例"),
    "show.evidence": ("evidence", "证据等级"),
    "show.rows": ("rows", "行"),
    "result.totals": ("Totals", "合计"),
    "result.by_gas": ("By gas", "按气体"),
    "result.by_stream": ("By emission source (tCO2e)", "按排放源（tCO2e）"),
    "result.warnings": ("Assumptions and warnings", "假定与提示"),
    "result.co2e": ("All gases, CO2 equivalent", "合计（二氧化碳当量）"),
    "report.title": ("Greenhouse gas calculation", "温室气体核算结果"),
    "report.entity": ("Entity", "核算主体"),
    "report.period": ("Period", "期间"),
    "report.region": ("Region", "地区"),
    "report.gwp": ("GWP set", "GWP 数据集"),
    "report.methodology": ("Methodology", "方法学"),
    "report.lines": ("Lines", "明细"),
    "report.explanation": ("How each number came about", "计算过程"),
    "report.audit": ("Values used, weakest evidence first", "所用数值（证据等级由弱到强）"),
    "report.share": ("share", "占比"),
    "report.made": ("made with carbonacct {version}", "由 carbonacct {version} 生成"),
    # the audit workbook
    "workbook.extra": (
        "an Excel file needs the package XlsxWriter: pip install carbonacct[excel]",
        "生成 Excel 文件需要 XlsxWriter：pip install carbonacct[excel]",
    ),
    "workbook.summary": ("Summary", "汇总"),
    "workbook.factors": ("Factors", "因子"),
    "workbook.assumptions": ("Assumptions", "假定与提示"),
    "workbook.audit": ("Audit list", "审计清单"),
    "workbook.fingerprint": ("Hash of the rules", "规则指纹"),
    "workbook.references": ("Sources", "来源"),
    "workbook.sources": ("Emission sources", "排放源"),
    "workbook.result": ("Result of this source", "本排放源结果"),
    "workbook.lines": ("Lines", "明细"),
    "workbook.cells": ("Values of factor tables", "因子表数值"),
    "workbook.defaults": ("Defaults of the methodology", "方法学缺省值"),
    "workbook.constants": ("Constants", "常数"),
    "workbook.gwp": ("Global warming potentials ({sets})", "全球变暖潜势（{sets}）"),
    "workbook.no_gwp": (
        "the set has no figure; zero as long as none of this gas is emitted, else #N/A",
        "数据集中没有数值；该气体排放量为零时取 0，否则为 #N/A",
    ),
    "workbook.table": ("table {number}", "表{number}"),
    "workbook.see_factors": ("by item, see the sheet of factors", "按项目取值，见因子表页"),
    "workbook.lookups": ("Look-ups", "查表过程"),
    "workbook.absent": ("not given, taken as absent", "未给出，视为不存在"),
    "workbook.range": ("allowed: {low} to {high}", "允许范围：{low} 至 {high}"),
    "workbook.too_long": (
        "a number, not a formula: the formula would be longer than Excel allows",
        "此处为数值：公式长度超出 Excel 限制",
    ),
    "source.original": ("published text", "原文"),
    "source.transcription": ("transcription", "转录"),
    "source.implementation": ("implementation", "软件实现"),
    "source.database": ("database", "数据库"),
    "source.standard": ("standard", "标准"),
    "source.memory": ("recollection", "记忆"),
    "source.derivation": ("derivation", "推导"),
    "source.report": ("report", "报告"),
    "workbook.key": ("Colours", "颜色说明"),
    "workbook.style_input": ("input", "输入值"),
    "workbook.style_factor": ("factor", "因子"),
    "workbook.style_live": ("formula", "公式"),
    "workbook.style_idle": ("without effect", "未参与计算"),
    "workbook.about_input": ("given; change it and everything is recomputed", "用户给定；修改后全部结果自动重算"),
    "workbook.about_factor": ("a value of the factor sheet, with source and evidence there", "取自因子页，来源与证据等级见该页"),
    "workbook.about_live": (
        "computed from other cells; alternatives and options are those of this calculation",
        "由其他单元格计算；所用替代方法与选项为本次计算的结果",
    ),
    "workbook.about_idle": ("given, but nothing rests on it", "已给出，但结果与其无关"),
    "coverage.head": (
        "{id:<32} {streams:>7} {symbols:>7} {rows:>6} {cases:>5}  evidence",
        "{id:<32} {streams:>7} {symbols:>7} {rows:>6} {cases:>5}  证据等级",
    ),
    # portfolios
    "indicator.coal_saved": ("standard coal saved", "节约标准煤"),
    "indicator.co2e": ("CO2e reduced", "减排二氧化碳当量"),
    "indicator.cod": ("COD reduced", "化学需氧量减排量"),
    "indicator.nh3n": ("ammonia nitrogen reduced", "氨氮减排量"),
    "indicator.so2": ("SO2 reduced", "二氧化硫减排量"),
    "indicator.nox": ("NOx reduced", "氮氧化物减排量"),
    "indicator.pm": ("particulates reduced", "颗粒物减排量"),
    "indicator.vocs": ("VOCs reduced", "挥发性有机物减排量"),
    "indicator.tn": ("total nitrogen reduced", "总氮减排量"),
    "indicator.tp": ("total phosphorus reduced", "总磷减排量"),
    "indicator.water_saved": ("water saved", "节水量"),
    "table.code": ("code", "代码"),
    "table.category": ("category", "项目类别"),
    "table.uncategorised": ("(not in the list)", "（未列入目录）"),
    "table.projects": ("projects", "项目数"),
    "table.without_result": ("of them without result", "其中未能测算"),
    "table.balance": ("loan balance (CNY)", "贷款余额（元）"),
    "table.total": ("Total", "合计"),
    "table.project": ("project", "项目"),
    "table.amount": ("amount financed (CNY)", "融资金额（元）"),
    "table.share": ("share of project financed", "融资占比"),
    "table.energy": ("annual energy saved (MWh)", "年节能量（MWh）"),
    "table.reason": ("why without result", "未能测算的原因"),
    "table.portfolio": ("Environmental benefits of the portfolio", "投融资组合环境效益"),
    "table.counted": ("{count} projects, {failed} of them without result", "共 {count} 个项目，其中 {failed} 个未能测算"),
    "table.summary": ("Summary by category", "分类汇总表"),
    "table.impact": ("Impact by project", "项目环境效益表"),
    "table.rows": ("Rows", "明细"),
    # vouchers, labels, linked loans
    "type.list": ("a list", "列表"),
    "exact.number": ("'{value}' is not a number", "“{value}”不是数值"),
    "exact.least": ("{value} is below {least}", "{value} 小于 {least}"),
    "exact.whole": ("{value} is not a whole number", "{value} 不是整数"),
    "exact.date": ("'{value}' is not a date such as 2024-03-15", "“{value}”不是日期（例如 2024-03-15）"),
    "voucher.parameter": ("no parameter '{name}'", "没有参数“{name}”"),
    "voucher.unknown_parameter": (
        "{rules} does not know {name}; give it as a parameter",
        "{rules} 未给出 {name}；请作为参数提供",
    ),
    "voucher.state": ("no state '{name}'", "没有状态“{name}”"),
    "voucher.fact": ("'{name}' is not asked for", "不需要“{name}”"),
    "voucher.missing": ("not told: {title}", "未提供：{title}"),
    "voucher.yes_no": ("'{value}' is neither yes nor no", "“{value}”既非“是”也非“否”"),
    "voucher.option": ("'{value}' is none of {options}", "“{value}”不在可选项 {options} 之中"),
    "voucher.clause": ("article {clause}", "第 {clause} 条"),
    "voucher.no_clause": ("article number not public", "条款号未公开"),
    "voucher.not_known": ("not known", "未知"),
    "voucher.granted": ("{type}: accepted, {amount} CNY", "{type}：通过，{amount} 元"),
    "voucher.refused": ("{type}: refused", "{type}：不通过"),
    "voucher.documents": ("  papers still to bring: {names}", "  尚缺材料：{names}"),
    "voucher.step": (
        "voucher {id} is {state} and cannot become {wanted} (possible: {allowed})",
        "零碳券 {id} 状态为 {state}，不能变为 {wanted}（可变为：{allowed}）",
    ),
    "voucher.backwards": ("voucher {id}: {date} is before {last}", "零碳券 {id}：{date} 早于 {last}"),
    "voucher.unreadable": ("not a voucher: {reason}", "不是零碳券数据：{reason}"),
    "voucher.unknown": ("no voucher '{id}'", "没有零碳券“{id}”"),
    # end of vouchers, labels, linked loans
}
