#include <stdio.h>

int main(void)
{
    puts("inkstone " INK_VERSION);
    return 0;
}
