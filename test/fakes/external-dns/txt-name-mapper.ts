// Which TXT name holds the ownership of a record, and back (registry/mapper AffixNameMapper).

export interface TxtNameOptions {
  readonly prefix: string;
  readonly suffix: string;
  readonly wildcardReplacement: string;
}

export interface TxtNameMapper {
  toTxtName(dnsName: string, recordType: string): string;
  /** Name and type the TXT at `txtName` speaks for; both "" when the affix does not fit. */
  toEndpointName(txtName: string): { readonly dnsName: string; readonly recordType: string };
}

const TEMPLATE = "%{record_type}";
/** TXT and DNAME are missing in the original as well. */
const MAPPED_TYPES = ["A", "AAAA", "CNAME", "NS", "MX", "PTR", "SRV", "NAPTR"];

export function createTxtNameMapper(options: TxtNameOptions): TxtNameMapper {
  const prefix = options.prefix.toLowerCase();
  const suffix = options.suffix.toLowerCase();
  const wildcard = options.wildcardReplacement.toLowerCase();
  const hasTemplate = prefix.includes(TEMPLATE) || suffix.includes(TEMPLATE);

  return { toTxtName, toEndpointName };

  function toTxtName(dnsName: string, recordType: string): string {
    const type = recordType.toLowerCase();
    const [first, rest] = splitOnce(dnsName);
    const label = wildcard !== "" && first === "*" ? wildcard : first;
    const typed = hasTemplate ? label : `${type}-${label}`;
    const affixed = prefix.replaceAll(TEMPLATE, type) + typed + suffix.replaceAll(TEMPLATE, type);
    return rest === undefined ? affixed : `${affixed}.${rest}`;
  }

  function toEndpointName(txtName: string): { dnsName: string; recordType: string } {
    const name = txtName.toLowerCase();
    if (suffix === "") return withoutAffix(name);
    if (prefix !== "") return { dnsName: "", recordType: "" };
    const labels = name.split(".");
    const affixLabels = suffix.split(".").length;
    const found = withoutAffix(labels.slice(0, affixLabels).join("."));
    if (labels.length === 1) return found;
    return { ...found, dnsName: `${found.dnsName}.${labels.slice(affixLabels).join(".")}` };
  }

  function withoutAffix(name: string): { dnsName: string; recordType: string } {
    if (hasTemplate) {
      for (const type of MAPPED_TYPES) {
        const rest = strip(name, (affix) => affix.replaceAll(TEMPLATE, type.toLowerCase()));
        if (rest !== undefined) return { dnsName: rest, recordType: type };
      }
    }
    const rest = strip(name, (affix) => affix.replaceAll(TEMPLATE, ""));
    return rest === undefined ? { dnsName: "", recordType: "" } : withoutType(rest);
  }

  function strip(name: string, fill: (affix: string) => string): string | undefined {
    if (suffix === "") return name.startsWith(fill(prefix)) ? name.slice(fill(prefix).length) : undefined;
    return name.endsWith(fill(suffix)) ? name.slice(0, name.length - fill(suffix).length) : undefined;
  }
}

function withoutType(name: string): { dnsName: string; recordType: string } {
  const [first = ""] = name.split("-", 1);
  const recordType = MAPPED_TYPES.find((type) => type.toLowerCase() === first);
  if (recordType === undefined) return { dnsName: name, recordType: "" };
  return { dnsName: name.startsWith(`${first}-`) ? name.slice(first.length + 1) : name, recordType };
}

function splitOnce(name: string): [string, string?] {
  const dot = name.indexOf(".");
  return dot === -1 ? [name] : [name.slice(0, dot), name.slice(dot + 1)];
}
