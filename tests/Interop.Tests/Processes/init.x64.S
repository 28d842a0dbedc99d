# The init of a container for x64: starts the real program as its only child, hands every signal on to it, reaps what
# the kernel gives it, and ends as the program has ended. All signals stay blocked here, for a first process of a PID
# namespace loses those that are neither handled nor blocked.
#
# Behind the code: 0 address of a message, 8 its length, 16 addresses of the paths to try, the last one 0.
# argv: a name, "--", and the program's own.
    .intel_syntax noprefix
    .text
init:
    mov  r14, [rsp]             # argc
    lea  r13, [rsp + 24]        # the program's argv
    lea  r15, [rsp + 8 * r14 + 16] # envp
    sub  rsp, 256
    mov  qword ptr [rsp], -1    # every signal
    xor  edi, edi               # SIG_BLOCK
    mov  rsi, rsp
    xor  edx, edx
    mov  r10d, 8
    mov  eax, 14                # rt_sigprocmask
    syscall
    mov  edi, 17                # SIGCHLD
    xor  esi, esi
    xor  edx, edx
    xor  r10d, r10d
    xor  r8d, r8d
    mov  eax, 56                # clone
    syscall
    mov  rbx, rax
    test rax, rax
    jz   child
    mov  edi, 125
    js   exit
wait:
    mov  rdi, rsp
    lea  rsi, [rsp + 16]        # siginfo
    xor  edx, edx               # no time-out
    mov  r10d, 8
    mov  eax, 128               # rt_sigtimedwait
    syscall
    test eax, eax
    js   wait
    cmp  eax, 17
    je   reap
    mov  edi, ebx
    mov  esi, eax
    mov  eax, 62                # kill
    syscall
    jmp  wait
reap:
    mov  rdi, -1
    lea  rsi, [rsp + 8]
    mov  edx, 1                 # WNOHANG
    xor  r10d, r10d
    mov  eax, 61                # wait4
    syscall
    test eax, eax
    jle  wait
    cmp  eax, ebx
    jne  reap
    movzx edi, byte ptr [rsp + 9] # the exit code
    mov  eax, [rsp + 8]
    and  eax, 127
    jz   exit
    lea  edi, [rax + 128]       # or the signal
exit:
    mov  eax, 231               # exit_group
    syscall
    ud2
child:
    xor  edi, edi               # a process group of its own: a terminal's signals reach it once
    xor  esi, esi
    mov  eax, 109               # setpgid
    syscall
    mov  eax, 111               # getpgrp
    syscall
    mov  [rsp + 8], eax
    xor  edi, edi
    mov  esi, 0x5410            # TIOCSPGRP; refused without a terminal
    lea  rdx, [rsp + 8]
    mov  eax, 16                # ioctl
    syscall
    mov  qword ptr [rsp], 0
    mov  edi, 2                 # SIG_SETMASK
    mov  rsi, rsp
    xor  edx, edx
    mov  r10d, 8
    mov  eax, 14                # rt_sigprocmask
    syscall
    lea  r12, [rip + data]
    lea  r14, [r12 + 16]
    mov  ebx, 127
next:
    mov  rdi, [r14]
    test rdi, rdi
    jz   none
    mov  rsi, r13
    mov  rdx, r15
    mov  eax, 59                # execve
    syscall
    add  r14, 8
    cmp  eax, -2                # ENOENT
    je   next
    cmp  eax, -20               # ENOTDIR
    je   next
    mov  ebx, 126
    cmp  eax, -13               # EACCES
    je   next
none:
    mov  edi, 2
    mov  rsi, [r12]
    mov  rdx, [r12 + 8]
    mov  eax, 1                 # write
    syscall
    mov  edi, ebx
    jmp  exit
    .balign 8
data:
