// A list whose rows can be created and deleted by forms made from the API's schemas.
import { useState } from "preact/hooks";
import type { Collection, Row } from "../../api/collection";
import type { ApiRequest } from "../../api/request";
import { Act } from "../../ui/Act";
import { Dialog } from "../../ui/Dialog";
import { Icon, type IconName } from "../../ui/Icon";
import { Listing, type Column } from "../../ui/Listing";
import type { FieldHints } from "../../ui/form/Editor";
import { SchemaForm, type Section } from "../../ui/form/SchemaForm";
import type { Value } from "../../ui/form/schema";

interface ResourcesProps<T extends Row> {
  title: string;
  one: string;
  about: string;
  none: string;
  icon: IconName;
  collection: Collection<T>;
  columns: readonly Column<T>[];
  text: (row: T) => string;
  schema: string;
  sections?: readonly Section[];
  hints?: Readonly<Record<string, FieldHints>>;
  create: (value: Value) => ApiRequest<T>;
  remove: (row: T) => ApiRequest<T>;
  consequence: string;
}

export function Resources<T extends Row>(props: ResourcesProps<T>) {
  const { collection, one } = props;
  const [adding, setAdding] = useState(false);
  const columns: Column<T>[] = [
    ...props.columns,
    {
      title: "",
      cell: (row) => (
        <div class="actions">
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
          <SchemaForm schema={props.schema} sections={props.sections} hints={props.hints} submit={`Create ${one}`} request={props.create}
            cancel={() => setAdding(false)} done={(row) => (collection.put(row), setAdding(false))} />
        </Dialog>
      )}
    </>
  );
}
