// JSON schemas of the API's bodies, as the forms need them. They are made from the OpenAPI document by the build.

export interface Schema {
  type?: string | string[];
  description?: string;
  default?: unknown;
  enum?: unknown[];
  title?: string;
  oneOf?: Schema[];
  format?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: boolean | Schema;
  patternProperties?: Record<string, Schema>;
  anyOf?: Schema[];
  $ref?: string;
}

export type Value = Record<string, unknown>;

const REFERENCE = "#/components/schemas/";
let loaded: Record<string, Schema> | undefined;

/** Load the schemas; they are a file of their own, which only forms need. */
export async function loadSchemas(): Promise<Record<string, Schema>> {
  loaded ??= (await import("../../generated/forms.json")).default as unknown as Record<string, Schema>;
  return loaded;
}

/** Return a schema without references and without null: what a field can be. */
export function resolve(schema: Schema): Schema {
  if (schema.$ref) return resolve({ ...loaded?.[schema.$ref.replace(REFERENCE, "")], description: schema.description });
  const variants = schema.anyOf?.filter((each) => each.type !== "null");
  if (variants?.[0]) {
    const { anyOf: _, ...rest } = schema;
    return resolve({ ...variants[0], ...rest });
  }
  return schema;
}

export type Kind = "switch" | "choice" | "number" | "text" | "list" | "pairs" | "object" | "objects" | "json";

/** Return how a field is edited. */
export function kindOf(schema: Schema): Kind {
  if (schema.enum) return "choice";
  if (schema.type === "boolean") return "switch";
  if (schema.type === "integer" || schema.type === "number") return "number";
  if (schema.type === "string") return "text";
  const items = schema.type === "array" && schema.items ? resolve(schema.items) : undefined;
  if (items?.type === "string" || items?.type === "integer") return "list";
  if (items?.properties) return "objects";
  if (schema.properties) return "object";
  if (pairSchema(schema)) return "pairs";
  return "json";
}

/** Return the schema of the values of an object with free keys, if they are texts. */
export function pairSchema(schema: Schema): Schema | undefined {
  const [values] = Object.values(schema.patternProperties ?? {});
  const found = values ?? (typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined);
  return found && (resolve(found).type === "string" || resolve(found).enum) ? resolve(found) : undefined;
}

/** wait_for_moderator -> Wait for moderator. */
export function labelOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Return the fields of the schema that are set and differ from their defaults: what needs to be sent. */
export function withoutDefaults(schema: Schema, value: Value): Value {
  const required = new Set(schema.required ?? []);
  return Object.fromEntries(
    Object.entries(value).filter(([name, each]) => {
      const field = schema.properties?.[name];
      if (!field || each === undefined || each === null) return false;
      return required.has(name) || JSON.stringify(field.default) !== JSON.stringify(each);
    }),
  );
}
