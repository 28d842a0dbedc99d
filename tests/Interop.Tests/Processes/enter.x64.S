# The way into a user namespace for x64: only a process of one thread may enter one, so this stands between two programs
# that have several. Enters, makes a mount namespace of its own, and executes the next program, by its path there, with
# what it was given.
#
# Behind the code: 0 the namespace's descriptor, 8 address of the program's path, 16 address of a message, 24 its length.
    .intel_syntax noprefix
    .text
enter:
    lea  r12, [rip + table]
    mov  edi, [r12]
    mov  esi, 0x10000000        # CLONE_NEWUSER
    mov  eax, 308               # setns
    syscall
    test rax, rax
    js   fail
    mov  edi, [r12]
    mov  eax, 3                 # close
    syscall
    mov  edi, 0x20000           # CLONE_NEWNS
    mov  eax, 272               # unshare
    syscall
    test rax, rax
    js   fail
    mov  rdi, [r12 + 8]
    mov  rax, [rsp]             # argc
    lea  rsi, [rsp + 8]         # argv
    lea  rdx, [rsp + 8 * rax + 16] # envp
    mov  eax, 59                # execve
    syscall
fail:
    mov  edi, 2
    mov  rsi, [r12 + 16]
    mov  rdx, [r12 + 24]
    mov  eax, 1                 # write
    syscall
    mov  edi, 125
    mov  eax, 231               # exit_group
    syscall
    ud2
    .balign 8
table:
