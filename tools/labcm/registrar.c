#include "tools/labcm/registrar.h"

#include <stdio.h>
#include <string.h>

enum lab_mode registrar_mode(const struct registrar_policy *p, enum lab_mode configured)
{
    return p->cluster_secure ? configured : LAB_NON_SECURE;
}

static enum lab_mode mode_of(const struct registrar_line *line)
{
    if (!line->tls)
        return LAB_NON_SECURE;
    return line->null_cipher ? LAB_AUTHENTICATED : LAB_ENCRYPTED;
}

static bool refuse(char text[32], const char *why)
{
    snprintf(text, 32, "%s", why);
    return false;
}

static bool judge_name(struct manager *m, const struct sccp_register *r, struct device **out,
                       char text[32], struct err *e)
{
    *out = manager_device(m, r->station.name);
    if (*out)
        return true;
    err_set(e, ERR_REFUSED, "no device of this name is configured (there are %s%u to %s%u)",
            m->s.prefix, m->s.plan.first, m->s.prefix, m->s.plan.first + m->s.plan.count - 1);
    return refuse(text, "Device not configured");
}

static bool judge_type(struct manager *m, const struct sccp_register *r, char text[32],
                       struct err *e)
{
    if (r->device_type == m->s.device_type)
        return true;
    err_set(e, ERR_REFUSED, "device type %u, configured is %u", r->device_type, m->s.device_type);
    return refuse(text, "Device type mismatch");
}

static bool judge_mode(struct manager *m, const struct registrar_policy *p,
                       const struct registrar_line *line, char text[32], struct err *e)
{
    enum lab_mode want = registrar_mode(p, m->s.mode), is = mode_of(line);

    if (is == want)
        return true;
    err_set(e, ERR_REFUSED, "it came %s, its Device Security Mode is %s%s", lab_mode_name(is),
            lab_mode_name(want), p->cluster_secure ? "" : " (the cluster is not in mixed mode)");
    return refuse(text, "Security mode mismatch");
}

static bool judge_certificate(const struct registrar_policy *p, const struct registrar_line *line,
                              const struct sccp_register *r, char text[32], struct err *e)
{
    if (!line->tls || p->any_cn || strcmp(line->peer_cn, r->station.name) == 0)
        return true;
    err_set(e, ERR_REFUSED,
            "InvalidX509NameInCertificate: the certificate has CN=%s, expected is %s",
            line->peer_cn, r->station.name);
    return refuse(text, "X.509 name mismatch");
}

bool registrar_judge(struct manager *m, const struct registrar_policy *p,
                     const struct registrar_line *line, const struct sccp_register *r,
                     struct device **out, char text[32], struct err *e)
{
    return judge_name(m, r, out, text, e) && judge_type(m, r, text, e) &&
           judge_mode(m, p, line, text, e) && judge_certificate(p, line, r, text, e);
}
