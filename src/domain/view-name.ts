// Views are called by short names; the one of everybody whom no other is for has none.

export const DEFAULT_VIEW = "";
