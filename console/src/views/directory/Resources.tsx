// A list whose rows can be created, edited and deleted by forms made from the API's schemas.
import { useState } from "preact/hooks";
import type { Collection, Row } from "../../api/collection";
import { sendTagged, type ApiRequest } from "../../api/request";
import { Act, ShowRequest } from "../../ui/Act";
import { Dialog } from "../../ui/Dialog";
import { Icon, type IconName } from "../../ui/Icon";
import { Listing, type Column } from "../../ui/Listing";
import type { FieldHints } from "../../ui/form/Editor";
import { SchemaForm, type Section } from "../../ui/form/SchemaForm";
import type { Value } from "../../ui/form/schema";
import { toastError } from "../../ui/toast";

interface ResourcesProps<T extends Row> {
  title: string;
  one: string;
  about: string;
  none: string;
  icon: IconName;
  collection: Collection<T>;
  columns: readonly Column<T>[];
  text: (row: T) => string;
  sections?: readonly Section[];
  hints?: Readonly<Record<string, FieldHints>>;
  create: { schema: string; request: (value: Value) => ApiRequest<T> };
  edit: {
    schema: string;
    request: (row: T, value: Value) => ApiRequest<T>;
    hints?: Readonly<Record<string, FieldHints>>;
    /** What the form begins with; the whole row without it. */
    value?: (row: T) => Value;
  };
  /** The request of one row, with all that only it shows. */
  read: (row: T) => ApiRequest<T>;
  remove: (row: T) => ApiRequest<T>;
  consequence: string;
}

/** A row that is edited, with the entity tag that it was read with: saving is refused if it has changed since. */
interface Edited<T> {
  readonly row: T;
  readonly tag: string;
}

export function Resources<T extends Row>(props: ResourcesProps<T>) {
  const { collection, one, create, edit } = props;
  const [adding, setAdding] = useState(false);
  const [edited, setEdited] = useState<Edited<T>>();
  const open = (row: T) => sendTagged(props.read(row)).then(({ answer, tag }) => setEdited({ row: answer, tag })).catch(toastError);
  const save = (value: Value) => {
    const put = edit.request(edited!.row, value);
    return edited?.tag ? { ...put, headers: { "If-Match": edited.tag } } : put;
  };
  const columns: Column<T>[] = [
    ...props.columns,
    {
      title: "",
      cell: (row) => (
        <div class="actions">
          <button class="ghost icon" type="button" aria-label={`Edit this ${one}`} title={`Edit this ${one}`} onClick={() => void open(row)}><Icon name="edit" /></button>
          <ShowRequest request={props.read(row)} />
          <Act request={props.remove(row)} kind="ghost icon danger" icon="close" label={`Delete this ${one}`} confirm={props.consequence}
            done={() => void collection.load()} />
        </div>
      ),
    },
  ];
  return (
    <>
      <Listing title={props.title} about={props.about} none={props.none} icon={props.icon} collection={collection} columns={columns} text={props.text}>
        <button class="primary" type="button" onClick={() => setAdding(true)}><Icon name="plus" />New {one}</button>
      </Listing>
      {adding && (
        <Dialog title={`New ${one}`} close={() => setAdding(false)} wide>
          <SchemaForm schema={create.schema} sections={props.sections} hints={props.hints} submit={`Create ${one}`} request={create.request}
            cancel={() => setAdding(false)} done={(row) => (collection.put(row), setAdding(false))} />
        </Dialog>
      )}
      {edited && (
        <Dialog title={`Edit ${one}`} close={() => setEdited(undefined)} wide>
          <SchemaForm schema={edit.schema} value={edit.value?.(edited.row) ?? (edited.row as unknown as Value)} sections={props.sections}
            hints={{ ...props.hints, ...edit.hints }} submit="Save" request={save}
            cancel={() => setEdited(undefined)} done={(row) => (collection.put(row), setEdited(undefined))} />
        </Dialog>
      )}
    </>
  );
}
