// Runs a program under the system-call limits of a unit, as systemd's own seccomp filter would set them. Compiled and started by
// limited.ts:  limit FILE PROGRAM ARGUMENT…
// FILE, a word and its value a line:  errno N | call NAME (allowed) | family N (socket(2) may ask for it) | no-namespaces | no-suid
// Every other call fails with errno, another family with EAFNOSUPPORT, a new namespace or a set-user-id bit with EPERM
// (systemd.exec(5): SystemCallFilter=, RestrictAddressFamilies=, RestrictNamespaces=, RestrictSUIDSGID=).

#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAMILIES = 64, LINE = 128 };
/** Flags of clone(2) and unshare(2) that make a namespace. */
static const unsigned long NAMESPACES[] = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                           CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};

static scmp_filter_ctx filter;

static void die(const char *what) {
  fprintf(stderr, "limit: %s: %s\n", what, strerror(errno));
  exit(125);
}

static void forbid(int error, int call, struct scmp_arg_cmp when) {
  // -EACCES: the call is refused altogether already.
  int answer = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(error), call, 1, &when);
  if (answer != 0 && answer != -EACCES && answer != -EEXIST) die("a rule is refused");
}

static void forbid_families(const int *allowed) {
  for (int family = 0; family < FAMILIES; family++)
    if (!allowed[family]) forbid(EAFNOSUPPORT, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, family));
  forbid(EAFNOSUPPORT, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_GE, FAMILIES));
}

static void forbid_namespaces(void) {
  for (size_t i = 0; i < sizeof NAMESPACES / sizeof *NAMESPACES; i++) {
    forbid(EPERM, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, NAMESPACES[i], NAMESPACES[i]));
    forbid(EPERM, SCMP_SYS(unshare), SCMP_A0(SCMP_CMP_MASKED_EQ, NAMESPACES[i], NAMESPACES[i]));
  }
}

static void forbid_suid(void) {
  for (unsigned bit = S_ISGID; bit <= S_ISUID; bit <<= 1) {
    forbid(EPERM, SCMP_SYS(chmod), SCMP_A1(SCMP_CMP_MASKED_EQ, bit, bit));
    forbid(EPERM, SCMP_SYS(fchmod), SCMP_A1(SCMP_CMP_MASKED_EQ, bit, bit));
    forbid(EPERM, SCMP_SYS(fchmodat), SCMP_A2(SCMP_CMP_MASKED_EQ, bit, bit));
    forbid(EPERM, SCMP_SYS(mkdir), SCMP_A1(SCMP_CMP_MASKED_EQ, bit, bit));
  }
}

/** Allowed first without conditions; libseccomp lets the narrower "no" win. */
static void allow(const char *name) {
  int call = seccomp_syscall_resolve_name(name);
  // Not known to this library, or not of this processor: then nobody here makes it.
  if (call == __NR_SCMP_ERROR || call < 0) return;
  // A filter with "allow everything" cannot have exceptions; these get theirs by argument.
  if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) < 0) die(name);
}

int main(int argc, char **argv) {
  if (argc < 3) return 125;
  FILE *file = fopen(argv[1], "r");
  if (!file) die(argv[1]);
  char word[LINE], value[LINE], line[LINE];
  int families[FAMILIES] = {0}, any_family = 1, no_namespaces = 0, no_suid = 0, error = EPERM;
  // Two filters, as systemd does it: the kernel takes the strictest answer.
  scmp_filter_ctx calls = NULL, arguments = seccomp_init(SCMP_ACT_ALLOW);
  while (fgets(line, sizeof line, file)) {
    value[0] = 0;
    if (sscanf(line, "%127s %127s", word, value) < 1) continue;
    if (!strcmp(word, "errno")) error = atoi(value), calls = seccomp_init(SCMP_ACT_ERRNO(error));
    else if (!strcmp(word, "call")) filter = calls, allow(value);
    else if (!strcmp(word, "family")) any_family = 0, families[atoi(value) % FAMILIES] = 1;
    else if (!strcmp(word, "no-namespaces")) no_namespaces = 1;
    else if (!strcmp(word, "no-suid")) no_suid = 1;
  }
  fclose(file);
  filter = arguments;
  if (!any_family) forbid_families(families);
  if (no_namespaces) forbid_namespaces();
  if (no_suid) forbid_suid();
  if (seccomp_load(arguments) != 0) die("the filter of arguments is refused");
  if (!calls || seccomp_load(calls) != 0) die("the filter of calls is refused");
  execvp(argv[2], argv + 2);
  die(argv[2]);
}
