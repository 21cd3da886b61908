#include "tools/vmports/options.h"

#include <stdio.h>
#include <string.h>

bool default_state_dir(char out[PATH_TEXT], struct err *e)
{
    return path_state_dir("vmports", out, e);
}

bool default_control_path(char out[PATH_TEXT], struct err *e)
{
    return path_control("vmports", out, e);
}

static bool take(const char *option, const char *given, char out[PATH_TEXT], struct err *e)
{
    size_t len = strlen(given);

    if (len == 0 || len >= PATH_TEXT)
        return err_set(e, ERR_USAGE, "%s: a path of %zu bytes, 1-%d will do", option, len,
                       PATH_TEXT - 1);
    memcpy(out, given, len + 1);
    return true;
}

bool state_dir(const char *given, char out[PATH_TEXT], struct err *e)
{
    bool known = given ? take("--state-dir", given, out, e) : default_state_dir(out, e);

    if (!known)
        return false;
    return path_make_dir(out, e) || err_in(e, "--state-dir");
}

bool control_path(const char *given, char out[PATH_TEXT], struct err *e)
{
    return given ? take("--control", given, out, e) : default_control_path(out, e);
}
