// One Jitsi client in one tab: what lib-jitsi-meet tells goes into `client.told`, what the test orders comes in by calls.
'use strict';

window.client = (() => {
    const told = [];
    let connection, conference, audio;

    const tell = (name, more = {}) => told.push({ name, at: Date.now(), ...more });

    const heard = (promise, patience = 15000) => Promise.race([
        promise,
        new Promise((_, fail) => setTimeout(() => fail(new Error('no answer of lib-jitsi-meet in time')), patience))
    ]);

    function connect({ domain, websocket, token }) {
        const { CONNECTION_ESTABLISHED, CONNECTION_FAILED } = JitsiMeetJS.events.connection;
        connection = new JitsiMeetJS.JitsiConnection(null, token, {
            hosts: { domain, muc: `muc.${domain}`, focus: `focus.${domain}` },
            serviceUrl: websocket,
            enableWebsocketResume: true
        });
        return heard(new Promise((done, fail) => {
            connection.addEventListener(CONNECTION_ESTABLISHED, done);
            connection.addEventListener(CONNECTION_FAILED, (kind, why) => fail(new Error(`${kind}: ${why}`)));
            connection.connect();
        }));
    }

    function listen() {
        const events = JitsiMeetJS.events.conference;
        const on = (event, handler) => conference.on(event, handler);
        // What the server stamped on the presence from the token, as the client has kept it.
        const who = user => user._identity?.user?.id ?? null;
        on(events.USER_JOINED, (id, user) => tell('joined', { id, who: who(user) }));
        on(events.USER_LEFT, id => tell('left', { id }));
        on(events.MESSAGE_RECEIVED, (id, text) => tell('said', { id, text }));
        on(events.PRIVATE_MESSAGE_RECEIVED, (id, text) => tell('whispered', { id, text }));
        on(events.KICKED, () => tell('kicked'));
        on(events.PARTICIPANT_KICKED, (actor, kicked) => tell('saw_kick', { actor: actor.getId(), id: kicked.getId() }));
        on(events.USER_ROLE_CHANGED, (id, role) => tell('role', { id, role }));
        on(events.PARTICIPANT_PROPERTY_CHANGED, (user, name, before, after) =>
            tell('property', { id: user.getId(), property: name, value: after }));
    }

    function join(room, name) {
        const { CONFERENCE_JOINED, CONFERENCE_FAILED } = JitsiMeetJS.events.conference;
        conference = connection.initJitsiConference(room, {
            p2p: { enabled: false },
            disableAudioLevels: true,
            openBridgeChannel: false
        });
        conference.setDisplayName(name);
        listen();
        return heard(new Promise((done, fail) => {
            conference.on(CONFERENCE_JOINED, done);
            conference.on(CONFERENCE_FAILED, why => fail(new Error(why)));
            conference.join();
        }));
    }

    return {
        told,

        async enter({ room, name, ...where }) {
            JitsiMeetJS.setLogLevel(JitsiMeetJS.logLevels.ERROR);
            JitsiMeetJS.init({
                disableAudioLevels: true,
                disableThirdPartyRequests: true,
                flags: { sourceNameSignaling: true }
            });
            await connect(where);
            await join(room, name);
            return conference.myUserId();
        },

        // Everybody whom this client sees, itself included, as it would list them in its window.
        others: () => conference.getParticipants().filter(user => !user.isHidden()).map(user => user.getId()),
        say: text => conference.sendMessage(text),
        whisper: (id, text) => conference.sendMessage(text, id),
        raiseHand: () => conference.setLocalParticipantProperty('raisedHand', Date.now()),
        lowerHand: () => conference.setLocalParticipantProperty('raisedHand', 0),
        kick: id => conference.kickParticipant(id, 'desordre'),

        async speak() {
            [ audio ] = await JitsiMeetJS.createLocalTracks({ devices: [ 'audio' ] });
            await conference.addTrack(audio);
            // Without a media session (there is no bridge here) the client announces a microphone when it is opened.
            await audio.mute();
            await audio.unmute();
        },

        mute: () => audio.mute(),

        async leave() {
            await conference.leave();
            await connection.disconnect();
        }
    };
})();
