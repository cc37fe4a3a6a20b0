# SPDX-License-Identifier: GPL-2.0-or-later
# Compiler and linker flags shared by the engine and its tests. Wants TOP, LIBXML2 and VERSION.

CC       ?= gcc
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wvla -Wformat=2 -Wwrite-strings -Wundef
# libntfs-3g's headers need these to find the system's own types.
NTFS_DEF := -DHAVE_TIME_H -DHAVE_SYS_STAT_H -DHAVE_SYS_TYPES_H -DHAVE_STDINT_H -DHAVE_STDLIB_H -DHAVE_STDIO_H
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DHOLDFAST_VERSION='"$(VERSION)"' $(NTFS_DEF) \
            -I$(TOP)/src -isystem $(LIBXML2)/include/libxml2
CFLAGS   += -std=gnu11 -O2 -g $(WARNINGS) -fstack-protector-strong -fno-strict-aliasing
LDFLAGS  += -Wl,-z,relro,-z,now
LDLIBS   += $(LIBXML2)/lib/libxml2.a -lsqlite3 -lntfs-3g -lblkid -lnettle -lm

ifdef SAN
CFLAGS   += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=address,undefined
else
CPPFLAGS += -D_FORTIFY_SOURCE=2
endif
