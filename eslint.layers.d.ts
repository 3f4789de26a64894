/** The folders of scripts/, the lowest first. */
export const layers: readonly string[];
/** Two rules: `layers/order` and `layers/no-cycle`. */
export const layersPlugin: { readonly rules: Readonly<Record<string, object>> };
