// One participant: talk light, name, line, meter, and what is done most often.
import { request } from "../../api/request";
import { Act } from "../../ui/Act";
import { Icon, type IconName } from "../../ui/Icon";
import { Meter } from "./Meter";
import type { Participant } from "./meters";
import { kindOf, nameOf, patch, type Seat } from "./model";

const ICONS: Record<string, IconName> = { sip: "calls", webrtc: "headset", local: "server" };

interface ParticipantRowProps {
  participant: Participant;
  seat?: Seat;
  own: boolean;
  selected: boolean;
  select: () => void;
}

export function ParticipantRow({ participant, seat, own, selected, select }: ParticipantRowProps) {
  const face = participant.face.value;
  const name = nameOf(face, seat);
  const muted = seat?.muted ?? face.muted;
  return (
    <li class={`participant ${participant.talking.value ? "talking" : ""} ${selected ? "selected" : ""}`} data-id={participant.id}>
      <button type="button" class="who ghost" aria-expanded={selected} onClick={select}>
        <span class="face" aria-hidden="true"><Icon name={ICONS[face.transport] ?? "people"} size={17} /></span>
        <span class="names">
          <span class="name ellipsis">{name}{own && " (you)"}</span>
          <span class="line muted small ellipsis">{kindOf(face)}</span>
        </span>
      </button>
      <span class="marks">
        {participant.talking.value && !muted && <span class="visually-hidden">talking</span>}
        {seat?.role === "moderator" && <span class="badge accent"><Icon name="star" size={13} />Moderator</span>}
        {seat?.hand_raised && <span class="badge warn">Hand raised</span>}
        {seat?.on_hold && <span class="badge warn">On hold</span>}
        {seat?.deaf && <span class="badge warn">Deaf</span>}
        {muted && <span class="badge bad">Muted</span>}
      </span>
      <Meter level={participant.level} label={`Level of ${name}`} />
      <span class="row-actions">
        {seat?.hand_raised && <Act request={patch(participant.id, { hand_raised: false })} kind="ghost icon" pressed icon="hand" label={`Lower the hand of ${name}`} />}
        <Act request={patch(participant.id, { muted: !seat?.muted })} kind="ghost icon alert" pressed={!!seat?.muted} icon={seat?.muted ? "micoff" : "mic"}
          label={`${seat?.muted ? "Unmute" : "Mute"} ${name}`} />
        <Act request={request("delete", "/v1.0/conferencecalls/{id}", { path: { id: participant.id } })} kind="ghost icon danger" icon="remove"
          label={`Remove ${name}`} confirm={`${name} leaves the room. The call goes on with what its flow does next, and ends when nothing is left.`} />
      </span>
    </li>
  );
}
