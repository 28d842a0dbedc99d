# The launch routine for x64: long launch(clone_args *rdi, size_t rsi, header *rdx).
# The parent returns what clone3(2) returned; the child runs the steps and never returns.
# The child touches no stack and no memory but the header, the steps and what the steps point to.
#
# header: 0 first step, 8 current step, 16 outcome (0 running, errno > 0, -1 stopped by a step)
# step, 112 bytes: 0 number, 8 six arguments, 56 address of the result, 64 mask of indirect arguments,
#   68 skip after success, 72 skip after a listed errno, 76 skip after any other errno (0: fail), 80 256 bits: listed errnos
    .intel_syntax noprefix
    .text
launch:
    push rbx
    mov  rbx, rdx
    mov  eax, 435               # clone3
    syscall
    test rax, rax
    jz   child
    pop  rbx
    ret
child:
    mov  r12, [rbx]
next:
    mov  [rbx + 8], r12
    mov  rax, [r12]
    test rax, rax
    js   fail                   # a negative number is "stop here"
    mov  rdi, [r12 + 8]
    mov  rsi, [r12 + 16]
    mov  rdx, [r12 + 24]
    mov  r10, [r12 + 32]
    mov  r8, [r12 + 40]
    mov  r9, [r12 + 48]
    mov  r13d, [r12 + 64]
    test r13d, 1
    jz   1f
    mov  rdi, [rdi]
1:  test r13d, 2
    jz   1f
    mov  rsi, [rsi]
1:  test r13d, 4
    jz   1f
    mov  rdx, [rdx]
1:  test r13d, 8
    jz   1f
    mov  r10, [r10]
1:  test r13d, 16
    jz   1f
    mov  r8, [r8]
1:  test r13d, 32
    jz   1f
    mov  r9, [r9]
1:  syscall
    mov  r13, [r12 + 56]
    mov  [r13], rax
    cmp  rax, -4095
    jae  error
    mov  eax, [r12 + 68]
advance:
    lea  r12, [r12 + rax + 112]
    jmp  next
error:
    neg  rax
    cmp  rax, 255
    ja   fail
    bt   [r12 + 80], rax        # the bit string form: reaches all 256 bits
    mov  r13, rax
    mov  eax, [r12 + 72]
    jc   advance
    mov  eax, [r12 + 76]
    test eax, eax
    jnz  advance
    mov  rax, r13
fail:
    mov  [rbx + 16], rax
    mov  edi, 125
    mov  eax, 231               # exit_group
    syscall
    ud2
