// The participants of a room. Only the rows that are seen are drawn, so that 500 scroll as well as five.
import { useEffect, useRef, useState } from "preact/hooks";
import { Search } from "../../ui/Search";
import { Empty } from "../../ui/notes";
import type { Participant } from "./meters";
import { ParticipantRow } from "./ParticipantRow";
import { nameOf, type RoomModel } from "./model";

const ROW_PX = 60;
const SPARE_ROWS = 6;
/** With fewer participants all are drawn. */
const SMALL = 30;

type Order = "joined" | "talking" | "name";

interface ParticipantListProps {
  model: RoomModel;
  selected: string;
  select: (id: string) => void;
  /** The call of this browser, if it has joined. */
  own?: string;
}

export function ParticipantList({ model, selected, select, own }: ParticipantListProps) {
  const [sought, setSought] = useState("");
  const [order, setOrder] = useState<Order>("joined");
  const everybody = model.meters.participants.value;
  const seats = new Map(model.seats.rows.value.map((seat) => [seat.id, seat]));
  const seatOf = (participant: Participant) => seats.get(participant.id);
  const label = (participant: Participant) => nameOf(participant.face.value, seatOf(participant));
  // Only an order by talking reads the talk lights, and is drawn again with them.
  const words = sought.toLowerCase();
  const shown = everybody.filter((each) => label(each).toLowerCase().includes(words));
  if (order === "name") shown.sort((a, b) => label(a).localeCompare(label(b)));
  if (order === "talking") shown.sort((a, b) => Number(b.talking.value) - Number(a.talking.value));

  if (model.meters.ready.value && everybody.length === 0) {
    return <Empty icon="people" title="Nobody is here yet" text="Join with this browser, call somebody, or dial the room’s address from a phone." />;
  }
  return (
    <>
      {everybody.length > 4 && (
        <div class="toolbar list-tools">
          <Search aria-label="Find a participant" placeholder="Find a participant" value={sought} onInput={(event) => setSought(event.currentTarget.value)} />
          <select class="order" aria-label="Order" value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
            <option value="joined">As they joined</option>
            <option value="talking">Talking first</option>
            <option value="name">By name</option>
          </select>
        </div>
      )}
      <Window rows={shown}
        draw={(participant) => (
          <ParticipantRow key={participant.id} participant={participant} seat={seatOf(participant)} own={participant.face.value.session_id === own}
            selected={participant.id === selected} select={() => select(participant.id === selected ? "" : participant.id)} />
        )} />
    </>
  );
}

interface WindowProps {
  rows: readonly Participant[];
  draw: (participant: Participant) => preact.JSX.Element;
}

function Window({ rows, draw }: WindowProps) {
  const list = useRef<HTMLUListElement>(null);
  const [range, setRange] = useState<readonly [first: number, count: number]>([0, SMALL]);
  const small = rows.length <= SMALL;
  useEffect(() => {
    const scroller = document.getElementById("main");
    if (small || !scroller) return undefined;
    const look = () => {
      const above = scroller.getBoundingClientRect().top - (list.current?.getBoundingClientRect().top ?? 0);
      const first = Math.max(0, Math.floor(above / ROW_PX) - SPARE_ROWS);
      const count = Math.ceil(scroller.clientHeight / ROW_PX) + 2 * SPARE_ROWS;
      setRange((before) => (before[0] === first && before[1] === count ? before : [first, count]));
    };
    look();
    scroller.addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => {
      scroller.removeEventListener("scroll", look);
      removeEventListener("resize", look);
    };
  }, [small, rows.length]);
  const [first, count] = small ? [0, rows.length] : range;
  return (
    <ul class="participants" ref={list} aria-label={`Participants, ${rows.length}`}
      style={small ? undefined : { paddingTop: `${Math.min(first, rows.length) * ROW_PX}px`, paddingBottom: `${Math.max(0, rows.length - first - count) * ROW_PX}px` }}>
      {rows.slice(first, first + count).map(draw)}
    </ul>
  );
}
