"""The period of a style, where its composer or kind says so. By when the music was written, in five plain words."""

from __future__ import annotations

_STYLES = {
    "Renaissance": """pl_certon pl_marenzio pl_palestrina_polish_sources pl_stabile pl_gomolka pl_zielenski
        pl_wawel_rorantist_1 madrigal_monte renaissance_misc pl_sandomierz_8v_motet_vocal""",
    "Baroque": """pl_gorczycki pl_lilius pl_pekiel pl_volckmer pl_buchner pl_jarzebski pl_szczurowski
        bach_ensemble bach_keyboard bach_organ bach_orchestral bach_solo_string handel""",
    "Classical": """pl_brykner pl_dankowski pl_zeidler pl_zebrowski_choirorch pl_zebrowski_instr pl_golabek_other
        pl_golabek_vocal pl_haydn_polish_sources pl_janiewicz pl_pugnani pl_holland piano_mozart ensemble_classical
        quartet_haydn quartet_mozart lied_reichardt lied_schroter lied_classical guitar_sor guitar_giuliani
        piano_beethoven piano_duet_diabelli""",
    "Romantic": """pl_hertz pl_kurpinski pl_moniuszko_keyboard pl_moniuszko_song pl_moniuszko_vocal
        pl_noskowski_keyboard pl_noskowski_song pl_noskowski_vocal pl_nowakowski pl_oginski pl_paderewski
        pl_smietanski pl_stojowski pl_szymanowska pl_walczynski pl_wysocki pl_zelenski_keyboard pl_zelenski_other
        pl_zelenski_song pl_sowinski_song pl_sowinski_vocalorgan pl_krogulski pl_studzinski pl_troschel pl_gall
        pl_elsner_choirorch pl_elsner_vocalorgan lied_bizet lied_brahms lied_chaminade lied_cornelius lied_faisst
        lied_faure lied_franz lied_hensel lied_holmes lied_jaell lied_kinkel lied_kralik lied_lang lied_lehmann
        lied_schubert lied_schumann_clara lied_schumann_robert lied_stanford lied_viardot lied_wolf guitar_horetzky
        guitar_knize piano_burgmuller piano_czerny piano_romantic_misc piano_schumann popular_song quartet_romantic
        verdi_piano""",
    "Modern": """lied_boulanger lied_bridge lied_debussy lied_warlock pl_szymanowski pl_rozycki leadsheet_jazz
        leadsheet_pop leadsheet_stage freedoom_blueworrior freedoom_korp freedoom_various openmsx""",
}
_BY_STYLE = {style: period for period, styles in _STYLES.items() for style in styles.split()}


def period_of(style: str, family: str) -> str:
    """Renaissance, Baroque, Classical, Romantic or Modern; empty where it is not plain."""
    if found := _BY_STYLE.get(style):
        return found
    first = family.split(" ")[0]
    return first if first in _STYLES else ""
