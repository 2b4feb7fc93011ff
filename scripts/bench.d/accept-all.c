/*
 * accept-all: a C libmilter milter that accepts every message without looking at it.
 *
 * It is the yardstick of the bench: what the protocol and libmilter cost when nothing is judged.
 *
 *   --read   every callback is registered, so every byte of every message reaches the process;
 *            stages that need no answer are negotiated as "no reply" (SMFIP_NR_*), the replies to
 *            MAIL and RCPT are kept. The protocol bits can be set exactly with --protocol, so that
 *            it runs with the same bits as the milter it is compared with.
 *   --blind  everything that can be declined is declined: only end of message is left. This is the
 *            cheapest milter there can be, not a fair peer for one that reads.
 *
 * Exit status: 0 after SIGTERM, 1 when libmilter failed, 2 for wrong usage.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

/* No-reply bits for stages that only collect; MAIL and RCPT keep their reply. */
#define READ_BITS                                                                                  \
    (SMFIP_NOUNKNOWN | SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_DATA | SMFIP_NR_HDR |              \
     SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_HDR_LEADSPC)
#define BLIND_BITS                                                                                 \
    (SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOMAIL | SMFIP_NORCPT | SMFIP_NODATA | SMFIP_NOHDRS |  \
     SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN)

static unsigned long wanted_bits = READ_BITS;

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2,
                             unsigned long f3, unsigned long *pf0, unsigned long *pf1,
                             unsigned long *pf2, unsigned long *pf3)
{
    (void)ctx;
    (void)f0;
    (void)f2;
    (void)f3;
    *pf0 = 0; /* no edit of any kind */
    *pf1 = wanted_bits & f1;
    *pf2 = 0;
    *pf3 = 0;
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *addr)
{
    (void)ctx;
    (void)name;
    (void)addr;
    return (wanted_bits & SMFIP_NR_CONN) ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    (void)ctx;
    (void)name;
    return (wanted_bits & SMFIP_NR_HELO) ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
    (void)ctx;
    (void)argv;
    return (wanted_bits & SMFIP_NR_MAIL) ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
    (void)ctx;
    (void)argv;
    return (wanted_bits & SMFIP_NR_RCPT) ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_data(SMFICTX *ctx)
{
    (void)ctx;
    return (wanted_bits & SMFIP_NR_DATA) ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_unknown(SMFICTX *ctx, const char *command)
{
    (void)ctx;
    (void)command;
    return (wanted_bits & SMFIP_NR_UNKN) ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx;
    (void)name;
    (void)value;
    return (wanted_bits & SMFIP_NR_HDR) ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_eoh(SMFICTX *ctx)
{
    (void)ctx;
    return (wanted_bits & SMFIP_NR_EOH) ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
    (void)ctx;
    (void)data;
    (void)len;
    return (wanted_bits & SMFIP_NR_BODY) ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat on_eom(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_ACCEPT;
}

static sfsistat on_abort(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

static void usage(FILE *to)
{
    fputs("usage: accept-all (--read|--blind) [--protocol HEX] --socket SPEC\n"
          "  --read            all bytes reach the process, no-reply bits where possible\n"
          "  --blind           decline everything that can be declined\n"
          "  --protocol HEX    exactly these SMFIP_* bits (as far as they are offered)\n"
          "  --socket SPEC     libmilter's form: unix:/path or inet:PORT@127.0.0.1\n",
          to);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"read", no_argument, NULL, 'r'},     {"blind", no_argument, NULL, 'b'},
        {"protocol", required_argument, NULL, 'p'}, {"socket", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},     {NULL, 0, NULL, 0},
    };
    char *socket_spec = NULL;
    char *end;
    int mode = 0;
    int have_bits = 0;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'r':
        case 'b':
            mode = c;
            break;
        case 'p':
            errno = 0;
            wanted_bits = strtoul(optarg, &end, 16);
            if (errno != 0 || *optarg == 0 || *end != 0 || wanted_bits > SMFI_CURR_PROT) {
                fprintf(stderr, "accept-all: --protocol wants hex of at most %lx, got %s\n",
                        SMFI_CURR_PROT, optarg);
                return 2;
            }
            have_bits = 1;
            break;
        case 's':
            socket_spec = optarg;
            break;
        case 'h':
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return 2;
        }
    }
    if (mode == 0 || socket_spec == NULL || optind != argc) {
        usage(stderr);
        return 2;
    }
    if (mode == 'b' && !have_bits)
        wanted_bits = BLIND_BITS;

    struct smfiDesc desc = {
        .xxfi_name = "accept-all",
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = 0,
        .xxfi_eom = on_eom,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
        .xxfi_negotiate = on_negotiate,
    };
    if (mode == 'r') {
        desc.xxfi_connect = on_connect;
        desc.xxfi_helo = on_helo;
        desc.xxfi_envfrom = on_mail;
        desc.xxfi_envrcpt = on_rcpt;
        desc.xxfi_data = on_data;
        desc.xxfi_unknown = on_unknown;
        desc.xxfi_header = on_header;
        desc.xxfi_eoh = on_eoh;
        desc.xxfi_body = on_body;
    }

    if (smfi_setconn(socket_spec) != MI_SUCCESS) {
        fprintf(stderr, "accept-all: cannot use the socket %s\n", socket_spec);
        return 1;
    }
    if (smfi_register(desc) != MI_SUCCESS) {
        fputs("accept-all: smfi_register failed\n", stderr);
        return 1;
    }
    if (smfi_opensocket(1) != MI_SUCCESS) {
        fprintf(stderr, "accept-all: cannot open the socket %s\n", socket_spec);
        return 1;
    }
    return smfi_main() == MI_SUCCESS ? 0 : 1;
}
