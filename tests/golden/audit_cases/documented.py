"""The tables of docs/audit.md, each entry with the tests that show it. tests/golden/audit_tables writes and checks them.

A test is: the name of a case of this folder; a capture of tests/data/audit; or, with "unit:" in front, the name of a
case in tests/unit/transport_test.cc.
"""

# Table: (heading cells, rows). Row: (first cell, [(entry, tests)], what stands behind the entries).
RECOGNISED = (
    ("", "`app_proto`", "a login is"), [
        ("mail, news, chat", [("pop3", "pop3_banner0"), ("imap", "imap_banner0"), ("smtp", "smtp_banner0"), ("nntp", "nntp_user"),
                              ("irc", "irc_sasl"), ("xmpp", "xmpp_plain"), ("managesieve", "sieve_plain"), ("acap", "acap_plain")],
         "USER/PASS, SASL; STARTTLS followed"),
        ("files, terminals", [("ftp", "ftp_banner0"), ("telnet", "telnet_linux"), ("rlogin", "rlogin"), ("rsh", "rsh"), ("rexec", "rexec"),
                              ("rsync", "rsync_31.0"), ("cvs", "cvs_auth"), ("svn", "svn_cram"), ("smb", "proto_cifs_lanman.pcap")],
         "passwords; responses (hash): rsync, svn CRAM-MD5, smb NTLM; cvs: obfuscated; rlogin, rsh: trust, no secret"),
        ("web, voice", [("http", "http_basic"), ("rtsp", "rtsp_basic"), ("sip", "sip_tcp"), ("asterisk-ami", "ami"), ("freeswitch", "esl_auth")],
         "Basic, Digest, forms, tokens; AMI's and FreeSWITCH's passwords"),
        ("directories, names", [("ldap", "ldap_simple"), ("snmp", "snmp_v2c"), ("krb5", ""), ("dict", "dict_auth")],
         "simple bind, communities; Kerberos is opaque"),
        ("databases", [("mysql", "mysql_native"), ("pgsql", "pgsql_md5"), ("redis", "redis_auth"), ("mongodb", "mongodb_plain"), ("tds", "tds_login7"),
                       ("tns", "tns_o5logon"), ("cassandra", "cassandra_v4"), ("drda", "drda_ebcdic"), ("memcached", "memcached_sasl")],
         "plain, responses, SQL Server's LOGIN7 (obfuscated, or inside TLS that is inside TDS: encrypted), Sybase plain, Oracle O5LOGON "
         "(hash); Redis: passwords that are set, too"),
        ("brokers", [("mqtt", "mqtt_311"), ("amqp", "amqp_plain"), ("kafka", "kafka_plain"), ("nats", "nats_user"), ("stomp", "stomp_connect"),
                     ("zookeeper", "zookeeper_digest"), ("smpp", "smpp_transceiver")], "SASL, passwords, tokens"),
        ("access", [("radius", "radius_pap"), ("tacacs+", "tacacs_pap"), ("tacacs", ""), ("diameter", "diameter_pap"), ("ppp", "pppoe_pap"),
                    ("eapol", "eapol_md5")],
         "PAP, CHAP, EAP-MD5, EAP-GTC; obfuscated RADIUS and TACACS+; other EAP methods are opaque"),
        ("routers", [("rip", "rip2_password"), ("ospf", "ospf_password"), ("vrrp", "vrrp2_password"), ("hsrp", "hsrp_password")],
         "the simple password of each, keyed digests (hash)"),
        ("consoles", [("rfb", "vnc_auth"), ("x11", "x11_cookie_l"), ("rdp", ""), ("ipmi", "ipmi20_rakp"), ("rcon", "rcon"), ("teamspeak", "teamspeak"),
                      ("mpd", "mpd"), ("nut", "nut"), ("tor-control", "tor_quoted")],
         "VNC and RAKP responses (hash), X11 cookies (token), passwords"),
        ("proxies", [("socks4", "socks4a_inner_http"), ("socks5", "socks5")], "user name and password"),
        ("encrypted", [("tls", "tls12"), ("dtls", "proto_dtls10.pcap"), ("quic", "proto_quic_v2wrong.pcap"), ("ssh", ""), ("wireguard", ""),
                       ("ipsec", ""), ("openvpn", "")], "none to be seen; SSL 2.0 to TLS 1.3, QUIC 1, 2 and the drafts of both"),
        ("", [("unknown", "")], "not recognised"),
    ])

FOLLOWED = (
    ("", ""), [
        ("link types", [
            ("Ethernet", "tunnel_trailer"), ("raw IP (101, 12, 14, 228, 229)", "tunnel_link_raw101 tunnel_link_raw12 tunnel_link_ipv4_228"),
            ("null, loop, enc", "tunnel_link_null_be tunnel_link_loop tunnel_link_enc"), ("Linux cooked 1 and 2", "tunnel_link_sll tunnel_link_sll2"),
            ("PPP (9, 50, 51, 166, 204)", "tunnel_link_ppp9 tunnel_link_ppp50 tunnel_link_pppether51 tunnel_link_pppdir204 lt_pppdir166.pcap"),
            ("Cisco HDLC (104, 112, 205, and in 50)", "tunnel_link_hdlc104 tunnel_link_hdlc50"), ("Frame Relay (107, 206)", "tunnel_link_frelay"),
            ("802.11 bare, radiotap, Prism, AVS, PPI", "tunnel_link_dot11 tunnel_link_radiotap tunnel_link_prism unit:avs tunnel_link_ppi"),
            ("PKTAP", "lt_pktap258.pcap"), ("NFLOG", "tunnel_link_nflog"), ("pflog", "tunnel_link_pflog"),
            ("Token Ring, FDDI, ARCNET", "tunnel_link_token_ring tunnel_link_fddi unit:arcnet"), ("IP over Fibre Channel", "tunnel_link_ip_over_fc"),
            ("ATM (100, 106, 123)", "tunnel_link_atm unit:sunatm"), ("FireWire", "unit:firewire"), ("IPoIB", "tunnel_link_ipoib"), ("IPNET", "unit:ipnet"),
            ("netANALYZER", "tunnel_link_netanalyzer"), ("EPON", "unit:epon"), ("SLIP", "tunnel_link_slip"),
            ("Broadcom and Marvell switch tags", "unit:broadcom_switch unit:marvell_switch")], None),
        ("in front of IP", [
            ("802.2 and SNAP", "tunnel_llc_snap tunnel_llc_ip"), ("VLAN tags of 8100, 88a8, 9100, 9200, any number", "tunnel_vlan_25 tunnel_vlan_9200 tunnel_qinq"),
            ("MPLS", "tunnel_mpls_17"), ("pseudowires with a control word and without", "tunnel_mpls_pseudowire_control tunnel_mpls_pseudowire"),
            ("802.1ah", "tunnel_pbb_btag"), ("VN-Tag, E-Tag", "tunnel_vntag tunnel_etag"), ("security group tags", "tunnel_sgt"), ("NSH", "tunnel_nsh"),
            ("MACsec without encryption", "unit:macsec_without_encryption"), ("TRILL, FabricPath", "tunnel_trill unit:fabricpath"),
            ("PPP multilink where a packet is whole", "unit:ppp,_multilink,_whole"), ("PPPoE", "tunnel_pppoe tunnel_pppoe_mpls")], None),
        ("in IP", [
            ("IPv4, IPv6", "tunnel_ipip tunnel_ipip_over6 tunnel_6in4"), ("minimal encapsulation", "tunnel_minimal"), ("extension headers", "frag_v6_routing"), ("AH", "tunnel_ah_transport"),
            ("ESP without encryption", "tunnel_esp_null_transport"), ("EtherIP", "tunnel_etherip"), ("Ethernet", "tunnel_ethernet_143"), ("MPLS", "tunnel_mpls_in_ip"),
            ("L2TPv3", "tunnel_l2tp3_ip"), ("GRE (IP, Ethernet, MPLS, PPP, NSH, ERSPAN I to III, WCCP, EoIP; any options)",
                                            "tunnel_gre_all tunnel_gretap tunnel_nvgre tunnel_gre_mpls tunnel_gre_ppp tunnel_gre_nsh tunnel_erspan1 tunnel_erspan2 tunnel_erspan3 unit:wccp tunnel_eoip")], None),
        ("in UDP", [
            ("VXLAN (4789, 8472, and any port where the header is without blemish; with a tag, with a group policy)", "tunnel_vxlan tunnel_vxlan_8472 tunnel_vxlan_odd tunnel_vxlan_vlan tunnel_vxlan_gbp"),
            ("VXLAN-GPE", "tunnel_vxlan_gpe_ip"), ("GENEVE", "tunnel_geneve_options tunnel_geneve_aws"), ("GTP-U", "tunnel_gtpu_extension"), ("Teredo", "tunnel_teredo_origin"),
            ("L2TP", "tunnel_l2tp_sequence_offset"), ("L2TPv3", "tunnel_l2tp3_udp"), ("CAPWAP", "unit:capwap,_802.11"), ("TZSP", "tunnel_tzsp"), ("LISP", "tunnel_lisp"),
            ("MPLS", "tunnel_mpls_in_udp"), ("GUE", "tunnel_gue"), ("IP as such (FOU)", "tunnel_fou")], None),
        ("in fragments", [("all of the above, behind the reassembled datagram", "frag_outer_vxlan frag_outer_gre frag_outer_geneve frag_outer_l2tp frag_v6_hop")], None),
        ("beside TCP and UDP", [("SCTP: the first whole data chunk of a packet", "diameter_sctp")], None),
    ])

NOT_FOLLOWED = (
    ("not followed", "what the report says"), [
        ("any other link type", [("link type ...", "tunnel_link_user0")], None), ("any other Ethernet type", [("ethertype 0x...", "tunnel_unknown_type")], None),
        ("frames that MACsec or 802.11 has encrypted", [("frame encrypted by ...", "tunnel_macsec_encrypted unit:!frame_encrypted_by_802.11")], None),
        ("fragments of multilink PPP", [("fragment of multilink PPP", "unit:!fragment_of_multilink_PPP")], None),
        ("compressed PPP (VJ, CCP), IPComp", [("compressed payload", "unit:!compressed_payload")], None),
        ("GRE protocols and PPP protocols that are none of the above", [("GRE protocol 0x..., PPP protocol 0x...", "unit:!GRE_protocol_0x1234 unit:!PPP_protocol_0x002b")], None),
        ("what lies more than 128 headers deep", [("packet with more headers ...", "unit:!packet_with_more_headers")], None),
        ("damaged packets", [("damaged packet", "unit:!damaged_packet")], None),
    ])

HTTP = (
    ("read", "by"), [
        ("", [("`Authorization`, `Proxy-Authorization`: Basic, Digest, Bearer, NTLM, Negotiate, SCRAM, any scheme that carries a token, a bare token; folded over lines",
               "http_basic http_proxy_auth http_digest_sha256 http_bearer http_negotiate_ntlm.pcap http_scram http_key_scheme http_basic_fold_mid")],
         "RFC 9110 section 11, RFC 9112 section 5.2, RFC 6750, RFC 7804"),
        ("", [("userinfo, path parameters, query and fragment of the target, percent-encoded; a query in the place of a path; `Location` of an answer",
               "http_userinfo_pct http_matrix http_q_pct_both http_fragment rtsp_query http_location.pcap")], "RFC 3986, RFC 6750 section 2.3, RFC 6749 section 4.2.2"),
        ("", [("forms, multipart, JSON (escapes, numbers), XML (SOAP's UsernameToken, XML-RPC), in chunks, gzip or deflate, the first MiB of each",
               "http_form_password http_multi_charset_name http_json_escaped_name http_json_number http_xml_ns http_xmlrpc_struct http_form_chunks_3 http_form_gzip_chunks http_form_deflate_raw http_form_big_100k")],
         "RFC 7578, RFC 8259, RFC 9112 section 7.1, RFC 9110 section 8.4"),
        ("", [("API keys, tokens and passwords in fields of their own (`X-API-Key`, `X-Auth-Token`, `PRIVATE-TOKEN`, ...), named tokens", "http_field_X-API-Key http_field_X-Auth-Token http_field_PRIVATE-TOKEN")], "by use"),
        ("", [("HTTP/2 in the clear, with the preface or by Upgrade, gRPC's metadata", "http_h2_continuation http_h2c_upgrade_basic.pcap http_grpc_token.pcap")], "RFC 9113, RFC 7541"),
        ("", [("WebSocket: JSON and STOMP, packed or not", "ws_fragmented ws_stomp")], "RFC 6455, RFC 7692"),
    ])

TABLES = {"What is recognised": RECOGNISED, "What is followed": FOLLOWED, "What is not followed": NOT_FOLLOWED, "HTTP": HTTP}
