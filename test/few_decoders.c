/* Linked to a test of the line, so that it runs as vmports and labcm do. */
#include "tls/decoders.h"

__attribute__((constructor)) static void choose_few_decoders(void)
{
    (void)tls_few_decoders();
}
