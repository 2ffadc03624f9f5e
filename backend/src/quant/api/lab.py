"""/analytics/lab: one pair under every method and every test."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query

from quant.api import lab_schemas as wire
from quant.api import schemas, views
from quant.api.parameters import End, EngineOf, PairKeyOf
from quant.api.problems import responses
from quant.api.security import SpendOf
from quant.api.views import Role, Word, column, ms, number
from quant.clock import NS_PER_MS
from quant.domain import FloatArray, HedgeMethod, IntArray
from quant.engine import protocol as engine

router = APIRouter(prefix="/analytics", tags=["analytics"])
MAX_POINTS = 200


@router.get("/lab", responses=responses(404, 409, 422, 503))
async def lab(
    engine: EngineOf,
    key: PairKeyOf,
    end: End,
    spend: SpendOf,
    points: Annotated[
        int, Query(ge=2, le=MAX_POINTS, description="bars at which hedge ratios are given, evenly spread")
    ] = 48,
) -> wire.PairLab:
    """Every hedge method and every test of one pair, on the same bars.

    With `end`, as it stood when the bars before that time had closed. The numbers that `/analytics/pair` has too
    are the same.
    """
    view = await engine.examine(key, points=points, end=end, spend=spend)
    return pair_lab(view, role=views.role_of(end, view.as_of))


def pair_lab(view: engine.LabView, *, role: Role) -> wire.PairLab:
    key, found = view.key, view.examination
    note = found.test_note
    return wire.PairLab(
        market=view.market,
        as_of=ms(view.as_of),
        symbol_a=key.pair.a,
        symbol_b=key.pair.b,
        interval=key.interval,
        window=key.window,
        method=_method(key.method),
        scale=key.scale.value,
        status=_word(found),
        reason=found.reason or None,
        have=found.have,
        need=found.need,
        first_time=ms(view.first_time),
        last_time=ms(view.last_time),
        quality=schemas.WindowQuality(**view.qualities),
        fits=[_fit(method, fit) for method, fit in found.fits.items()],
        residuals=_residuals(view),
        half_life=views.half_life(found.half_life, view.interval_s),
        adf=schemas.TestResult(**views.test_fields(found.adf, role)),
        cointegration=views.cointegration(found.cointegration, role, note=note),
        johansen=_johansen(found.johansen),
        kpss=views.kpss(found.kpss, role),
        variance_ratios=[
            wire.VarianceRatioResult(**_plain(each, role), ratio=number(each.ratio), lags=each.lags)
            for each in found.variance_ratios
        ],
        hurst=_hurst(found.hurst, role),
        stability=_stability(found.stability, role),
        legs=[
            wire.LegResult(
                symbol=symbol,
                adf=schemas.TestResult(**views.test_fields(leg.adf, role)),
                kpss=views.kpss(leg.kpss, role),
            )
            for symbol, leg in zip((key.pair.a, key.pair.b), found.legs, strict=True)
        ],
        windows=[_window(each, role, view.interval_s) for each in found.windows],
        history=_history(view),
    )


def _method(method: HedgeMethod) -> Word:
    return method.value


def _word(result: Any) -> Word:
    return result.status.value


def _times(times: IntArray) -> list[int]:
    return [int(time) for time in (times // NS_PER_MS).tolist()]


def _fit(method: HedgeMethod, fit: Any) -> wire.MethodFit:
    return wire.MethodFit(
        method=_method(method),
        status=_word(fit),
        reason=fit.reason or None,
        **views.line(fit),
        sd=number(fit.sd),
        r_squared=number(fit.r_squared),
        n=fit.n,
    )


def _residuals(view: engine.LabView) -> wire.Residuals:
    found = view.examination
    shape = found.shape
    return wire.Residuals(
        time=_times(view.residual_times),
        y=column(found.y),
        x=column(found.x),
        value=column(found.residuals),
        status=_word(shape),
        reason=shape.reason or None,
        n=shape.n,
        mean=number(shape.mean),
        sd=number(shape.sd),
        skewness=number(shape.skewness),
        excess_kurtosis=number(shape.excess_kurtosis),
        edges=shape.edges.tolist(),
        counts=shape.counts.tolist(),
        autocorrelation=shape.autocorrelation.tolist(),
        band=number(shape.band),
        whiteness_p=number(shape.whiteness_p),
    )


def _johansen(test: Any) -> wire.JohansenResult:
    return wire.JohansenResult(
        status=_word(test),
        reason=test.reason or None,
        null=test.null,
        trace=test.trace.tolist(),
        trace_critical_values=_by_rank(test.trace_critical_values),
        max_eigenvalue=test.max_eigenvalue.tolist(),
        max_eigenvalue_critical_values=_by_rank(test.max_eigenvalue_critical_values),
        eigenvalues=test.eigenvalues.tolist(),
        rank=test.rank,
        rank_by_max_eigenvalue=test.rank_by_max_eigenvalue,
        beta=_relation(test.eigenvectors),
        lags=test.lags,
        n=test.n,
    )


def _by_rank(values: Mapping[str, FloatArray]) -> dict[str, list[float]]:
    return {level: of_rank.tolist() for level, of_rank in values.items()}


def _relation(vectors: FloatArray) -> float | None:
    """Return the β of the relation with the largest eigenvalue, None where y has no part in it."""
    if not vectors.size or vectors[0, 0] == 0.0:
        return None
    return number(float(-vectors[1, 0] / vectors[0, 0]))


def _plain(test: Any, role: Role) -> dict[str, Any]:
    return {
        "role": role,
        "statistic": number(test.statistic),
        "p_value": number(test.p_value),
        "n": test.n,
        "critical_values": views.critical_values(getattr(test, "critical_values", {})),
        "null": test.null,
        "method": test.method,
        "status": _word(test),
        "reason": test.reason or None,
    }


def _hurst(test: Any, role: Role) -> wire.HurstResult:
    return wire.HurstResult(
        **_plain(test, role),
        hurst=number(test.hurst),
        low=number(test.low),
        high=number(test.high),
        at_edge=test.at_edge,
    )


def _stability(test: Any, role: Role) -> wire.StabilityResult:
    return wire.StabilityResult(
        **_plain(test, role),
        beta_first=number(test.beta_first),
        beta_second=number(test.beta_second),
        level_change=number(test.level_change),
    )


def _window(test: Any, role: Role, interval_s: int) -> wire.WindowResult:
    return wire.WindowResult(
        window=test.window,
        beta=number(test.fit.beta),
        beta_low=number(test.fit.beta_low),
        beta_high=number(test.fit.beta_high),
        adf=schemas.TestResult(**views.test_fields(test.adf, role)),
        p_value=number(test.cointegration.p_value),
        half_life=views.half_life(test.half_life, interval_s),
    )


def _history(view: engine.LabView) -> wire.PairHistory:
    found = view.examination
    methods = [
        wire.BetaHistory(
            method=_method(method), beta=column(path.beta), low=column(path.low), high=column(path.high)
        )
        for method, path in found.paths.items()
    ]
    return wire.PairHistory(time=_times(view.times), p_value=column(found.p_values), methods=methods)
