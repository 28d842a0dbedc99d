// The init of a container for arm64; see init.x64.S for what it does and for what lies behind the code.
    .text
init:
    ldr  x9, [sp]               // argc
    add  x20, sp, #24           // the program's argv
    add  x21, sp, x9, lsl #3
    add  x21, x21, #16          // envp
    sub  sp, sp, #256
    mov  x9, #-1                // every signal
    str  x9, [sp]
    mov  x0, #0                 // SIG_BLOCK
    mov  x1, sp
    mov  x2, #0
    mov  x3, #8
    mov  x8, #135               // rt_sigprocmask
    svc  #0
    mov  x0, #17                // SIGCHLD
    mov  x1, #0
    mov  x2, #0
    mov  x3, #0
    mov  x4, #0
    mov  x8, #220               // clone
    svc  #0
    cbz  x0, child
    mov  x22, x0
    mov  x0, #125
    tbnz x22, #63, exit
wait:
    mov  x0, sp
    add  x1, sp, #16            // siginfo
    mov  x2, #0                 // no time-out
    mov  x3, #8
    mov  x8, #137               // rt_sigtimedwait
    svc  #0
    tbnz x0, #63, wait
    cmp  x0, #17
    b.eq reap
    mov  x1, x0
    mov  x0, x22
    mov  x8, #129               // kill
    svc  #0
    b    wait
reap:
    mov  x0, #-1
    add  x1, sp, #8
    mov  x2, #1                 // WNOHANG
    mov  x3, #0
    mov  x8, #260               // wait4
    svc  #0
    cmp  x0, #0
    b.le wait
    cmp  x0, x22
    b.ne reap
    ldr  w9, [sp, #8]
    ubfx w0, w9, #8, #8         // the exit code
    and  w9, w9, #127
    cbz  w9, exit
    add  w0, w9, #128           // or the signal
exit:
    mov  x8, #94                // exit_group
    svc  #0
    brk  #0
child:
    mov  x0, #0                 // a process group of its own: a terminal's signals reach it once
    mov  x1, #0
    mov  x8, #154               // setpgid
    svc  #0
    mov  x0, #0
    mov  x8, #155               // getpgid
    svc  #0
    str  w0, [sp, #8]
    mov  x0, #0
    mov  x1, #0x5410            // TIOCSPGRP; refused without a terminal
    add  x2, sp, #8
    mov  x8, #29                // ioctl
    svc  #0
    str  xzr, [sp]
    mov  x0, #2                 // SIG_SETMASK
    mov  x1, sp
    mov  x2, #0
    mov  x3, #8
    mov  x8, #135               // rt_sigprocmask
    svc  #0
    adr  x23, data
    add  x24, x23, #16
    mov  x22, #127
next:
    ldr  x0, [x24], #8
    cbz  x0, none
    mov  x1, x20
    mov  x2, x21
    mov  x8, #221               // execve
    svc  #0
    cmn  x0, #2                 // ENOENT
    b.eq next
    cmn  x0, #20                // ENOTDIR
    b.eq next
    mov  x22, #126
    cmn  x0, #13                // EACCES
    b.eq next
none:
    mov  x0, #2
    ldp  x1, x2, [x23]
    mov  x8, #64                // write
    svc  #0
    mov  x0, x22
    b    exit
    .balign 8
data:
