# The trunk's part of _engine.pyx.


cdef class Trunk:
    """The socket and the lanes of rooms that other engines share."""

    cdef mm_trunk *ptr
    cdef Engine engine
    cdef readonly uint16_t port

    cdef mm_trunk *live(self) except NULL:
        if self.ptr == NULL or self.engine.ptr == NULL:
            raise Conflict("the trunk is closed")
        return self.ptr

    def open_link(self, Bridge bridge not None):
        cdef TrunkLink link = TrunkLink.__new__(TrunkLink)
        check(mm_engine_open_link(self.live(), bridge.live(), &link.ptr))
        link.engine = self.engine
        link.tag = link.ptr.local_tag
        return link

    def close(self):
        if self.ptr != NULL and self.engine.ptr != NULL:
            check(mm_engine_close_trunk(self.ptr))
        self.ptr = NULL


cdef class TrunkLink:
    """A bridge's connection to the same room in one other engine."""

    cdef mm_trunk_link *ptr
    cdef Engine engine
    cdef readonly uint16_t tag

    cdef mm_trunk_link *live(self) except NULL:
        if self.ptr == NULL or self.engine.ptr == NULL:
            raise Conflict("the link is closed")
        return self.ptr

    def connect(self, str host, uint16_t port, uint16_t tag, bytes tx_key, bytes rx_key):
        cdef mm_address remote
        if len(tx_key) != MM_TRUNK_KEY_BYTES or len(rx_key) != MM_TRUNK_KEY_BYTES:
            raise InvalidArgument(f"a trunk's key has {MM_TRUNK_KEY_BYTES} bytes")
        check(mm_address_parse(&remote, host.encode("ascii"), port))
        check(mm_engine_connect_link(
            self.live(), &remote, tag, <const uint8_t *><const char *>tx_key, <const uint8_t *><const char *>rx_key
        ))

    def carry(self, Port port not None, uint16_t talker):
        check(mm_engine_carry(self.live(), port.live(), talker))

    def carry_playouts(self, uint16_t first_talker):
        check(mm_engine_carry_playouts(self.live(), first_talker))

    def drop(self, uint32_t port_id):
        mm_engine_drop(self.live(), port_id)

    def open_ghost(self, uint16_t talker):
        cdef Ghost ghost = Ghost.__new__(Ghost)
        check(mm_engine_open_ghost(self.live(), talker, &ghost.ghost))
        ghost.ptr = &ghost.ghost.port
        ghost.engine = self.engine
        ghost.id = ghost.ptr.id
        return ghost

    def close(self):
        if self.ptr != NULL and self.engine.ptr != NULL:
            check(mm_engine_close_link(self.ptr))
        self.ptr = NULL


cdef class Ghost(Port):
    """The place of another engine's talker."""

    cdef mm_ghost *ghost

    def close(self):
        if self.ptr != NULL and self.engine.ptr != NULL:
            mm_engine_close_ghost(self.ghost)
        self.ptr = NULL
