// Nothing to call: a program that is linked with this has a heap that zeroes what is given back.
#pragma once
